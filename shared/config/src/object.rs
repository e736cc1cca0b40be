//! Reading an object of the configuration, with every fault of it kept.

use std::fmt;

use super::json::Json;
use super::{ConfigFault, ConfigFaults};

/// What `describe-user-pool-client` prints around an `AnalyticsConfiguration`, and its name.
const WRAPPERS: [&str; 2] = ["UserPoolClient", "AnalyticsConfiguration"];

/// Where in the configuration something is.
#[derive(Clone, PartialEq)]
pub(super) struct Path(String);

impl Path {
    /// The whole configuration.
    pub(super) fn root() -> Self {
        Self(String::new())
    }

    /// What an object has under a name. One that is empty or would break the line is quoted.
    pub(super) fn field(&self, name: &str) -> Self {
        let quoted = name.is_empty() || name.contains(char::is_control);
        let name = if quoted {
            format!("{name:?}")
        } else {
            name.to_owned()
        };
        let dot = if self.0.is_empty() { "" } else { "." };
        Self(format!("{}{dot}{name}", self.0))
    }

    /// An item of a list, counted from 0.
    pub(super) fn item(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() {
            "configuration"
        } else {
            &self.0
        })
    }
}

/// The faults found so far.
#[derive(Default)]
pub(super) struct Faults(Vec<ConfigFault>);

impl Faults {
    pub(super) fn add(&mut self, path: &Path, problem: impl Into<String>) {
        self.0.push(ConfigFault {
            path: path.to_string(),
            problem: problem.into(),
        });
    }

    /// The value, or the fault that it is not one.
    pub(super) fn take<T>(&mut self, path: &Path, read: Result<T, String>) -> Option<T> {
        read.map_err(|problem| self.add(path, problem)).ok()
    }

    /// What was read, if there is no fault.
    pub(super) fn judge<T>(self, read: T) -> Result<T, ConfigFaults> {
        if self.0.is_empty() {
            Ok(read)
        } else {
            Err(ConfigFaults(self.0))
        }
    }
}

/// An object and where it is. What is `null` is as good as absent.
pub(super) struct Object<'a> {
    pub(super) path: Path,
    pub(super) pairs: &'a [(String, Json)],
}

impl<'a> Object<'a> {
    /// The value as an object; a name that it gives twice is a fault.
    pub(super) fn of(json: &'a Json, path: Path, faults: &mut Faults) -> Option<Self> {
        let object = Self {
            pairs: faults.take(&path, json.object())?,
            path,
        };
        object.check_repetition(faults);
        Some(object)
    }

    /// A name that is none of `known` is a fault.
    pub(super) fn check_names(&self, known: &[&str], faults: &mut Faults) {
        for name in self.unknown(known) {
            faults.add(&self.path.field(name), not_known(name, known));
        }
    }

    /// The names that are none of `known`.
    pub(super) fn unknown(&self, known: &[&str]) -> impl Iterator<Item = &'a str> {
        let given = self.pairs.iter().map(|(name, _)| name.as_str());
        given.filter(|name| !known.contains(name))
    }

    /// Whether a name that is none of `known` was probably meant to be this one, or wraps it: that it is not there is then no
    /// fault of its own.
    pub(super) fn hides(&self, name: &str, known: &[&str]) -> bool {
        let mut unknown = self.unknown(known);
        unknown.any(|given| WRAPPERS.contains(&given) || nearest(given, known) == Some(name))
    }

    /// What the object has under a name.
    pub(super) fn get(&self, name: &str) -> Option<&'a Json> {
        let (_, value) = self.pairs.iter().find(|(given, _)| given == name)?;
        (!matches!(value, Json::Null)).then_some(value)
    }

    /// What the object has under a name, as `read` sees it.
    pub(super) fn read<T>(
        &self,
        name: &str,
        faults: &mut Faults,
        read: impl FnOnce(&'a Json) -> Result<T, String>,
    ) -> Option<T> {
        faults.take(&self.path.field(name), read(self.get(name)?))
    }

    fn check_repetition(&self, faults: &mut Faults) {
        let mut seen = std::collections::BTreeMap::new();
        for (name, _) in self.pairs {
            let times = seen.entry(name.as_str()).or_insert(0_usize);
            *times += 1;
            if *times == 2 {
                faults.add(&self.path.field(name), "is given more than once; keep one");
            }
        }
    }
}

/// What is wrong with a name that is none of `known`.
pub(super) fn not_known(name: &str, known: &[&str]) -> String {
    if WRAPPERS.contains(&name) {
        return "wraps what belongs here; keep what stands inside AnalyticsConfiguration, under Clients.<the client's id>"
            .to_owned();
    }
    format!("is not a known field; {}", suggestion(name, known))
}

/// What to write in place of a name or a word that is none of `known`.
pub(super) fn suggestion(given: &str, known: &[&str]) -> String {
    match nearest(given, known) {
        Some(word) => format!("did you mean {word:?}?"),
        None => format!("known are {}", known.join(", ")),
    }
}

/// The one of `known` that was probably meant.
pub(super) fn nearest<'k>(given: &str, known: &[&'k str]) -> Option<&'k str> {
    let nearest = known
        .iter()
        .map(|word| (*word, likeness(given, word)))
        .max_by(|(_, a), (_, b)| a.total_cmp(b));
    nearest
        .filter(|(_, likeness)| *likeness >= LIKE)
        .map(|(word, _)| word)
}

/// From 0 to 1, regardless of case; what is at least [`LIKE`] was probably meant.
pub(super) fn likeness(given: &str, word: &str) -> f64 {
    strsim::normalized_damerau_levenshtein(&given.to_lowercase(), &word.to_lowercase())
}

/// See [`likeness`].
pub(super) const LIKE: f64 = 0.5;
