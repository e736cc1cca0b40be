//! What figures are broken down by, and which of the values are wanted.

use std::fmt;

use domain::dimension::{Dimension, DimensionError, Property};
use domain::ids::ClientId;
use domain::segment::SegmentValue;
use pipeline::ports::figures::Project;

/// Reads the name of a dimension.
///
/// # Errors
///
/// If there is none of that name; the message says which there are.
pub fn dimension(text: &str) -> Result<Dimension, SelectionError> {
    Dimension::parse(text).map_err(|error| {
        let names = match error {
            DimensionError::Unknown(_) => format!("; there are {}", Property::NAMES.join(", ")),
            DimensionError::Personal(_)
            | DimensionError::Reserved(_)
            | DimensionError::Length(_)
            | DimensionError::PairWithGroup
            | DimensionError::PairOfOne
            | DimensionError::MoreThanTwo => String::new(),
        };
        SelectionError(format!("{text:?} {error}{names}"))
    })
}

/// Why figures cannot be of what was asked for, and what to do about it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct SelectionError(String);

/// A value that the figures are of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Condition {
    /// What has the value.
    pub property: Property,
    /// The value.
    pub value: String,
}

impl Condition {
    /// Reads `platform=iOS`; the value is all that comes after the first equals sign.
    ///
    /// # Errors
    ///
    /// If it is not of that form, or there is no such dimension.
    pub fn parse(text: &str) -> Result<Self, SelectionError> {
        let (name, value) = text.split_once('=').ok_or_else(|| {
            SelectionError(format!("{text:?}: a condition looks like platform=iOS"))
        })?;
        match dimension(name)? {
            Dimension::Of(property) => Ok(Self {
                property,
                value: value.to_owned(),
            }),
            Dimension::Pair(first, second) => Err(SelectionError(format!(
                "give both values of a pair: where {first}=… and where {second}=…"
            ))),
        }
    }
}

/// As [`Condition::parse`] reads it.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.property, self.value)
    }
}

/// What figures are of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Selection {
    /// The whole project.
    Whole,
    /// Segments of it.
    Segments(Wanted),
}

/// A dimension, and the values that are wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// The dimension.
    pub dimension: Dimension,
    /// The value of each of its properties; `None` for any.
    values: Vec<Option<String>>,
}

impl Selection {
    /// The dimension of the segments; `None` for the whole project.
    pub fn dimension(&self) -> Option<&Dimension> {
        match self {
            Self::Whole => None,
            Self::Segments(wanted) => Some(&wanted.dimension),
        }
    }

    /// By a dimension, if one is given, and of what fulfils all conditions.
    ///
    /// # Errors
    ///
    /// If no figures are kept of that, with what would have to be configured.
    pub fn of(
        by: Option<&Dimension>,
        conditions: &[Condition],
        project: &Project,
    ) -> Result<Self, SelectionError> {
        let asked = asked(by, conditions)?;
        let Some(asked) = asked else {
            return Ok(Self::Whole);
        };
        let dimension = project.recorded(&asked).cloned();
        let dimension = dimension.ok_or_else(|| not_kept(&asked, project))?;
        let properties = dimension.properties().into_iter();
        let values = properties.map(|property| value(property, conditions, project));
        Ok(Self::Segments(Wanted {
            values: values.collect::<Result<_, _>>()?,
            dimension,
        }))
    }
}

/// The dimension that has all that is asked for; `None` if nothing is.
fn asked(
    by: Option<&Dimension>,
    conditions: &[Condition],
) -> Result<Option<Dimension>, SelectionError> {
    let mut properties: Vec<&Property> = by.map(Dimension::properties).unwrap_or_default();
    let of_by = properties.len();
    for (place, Condition { property, .. }) in conditions.iter().enumerate() {
        let before = conditions.iter().take(place);
        if before.clone().any(|other| other.property == *property) {
            return Err(SelectionError(format!("where {property}=… is there twice")));
        }
        if of_by == 1 && properties.first() == Some(&property) {
            return Err(SelectionError(format!(
                "by {property} and where {property}=… are the same dimension: leave out one of them"
            )));
        }
        if !properties.contains(&property) {
            properties.push(property);
        }
    }
    match properties.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(Dimension::Of((*one).clone()))),
        [first, second] => Ok(Some(Dimension::Pair((*first).clone(), (*second).clone()))),
        more => {
            let names: Vec<String> = more.iter().map(ToString::to_string).collect();
            Err(SelectionError(format!(
                "figures are kept by two properties at most, and these are {}: {}",
                names.len(),
                names.join(", ")
            )))
        }
    }
}

fn not_kept(asked: &Dimension, project: &Project) -> SelectionError {
    let kept: Vec<String> = project.dimensions.keys().map(ToString::to_string).collect();
    let kept = match kept.as_slice() {
        [] => "it has none".to_owned(),
        kept => format!("it has {}", kept.join(", ")),
    };
    let why = match asked {
        Dimension::Of(_) => format!("{asked} is not among the dimensions of the project"),
        Dimension::Pair(first, second) => format!(
            "figures of {first} and {second} at once are exact only where the pair {asked} is among the dimensions of the \
             project, which it is not"
        ),
    };
    SelectionError(format!(
        "{why} ({kept}); add it to Dimensions in the configuration, and it is counted from then on"
    ))
}

/// The value that the conditions ask for. An app client may be asked for by its name.
fn value(
    property: &Property,
    conditions: &[Condition],
    project: &Project,
) -> Result<Option<String>, SelectionError> {
    let mut conditions = conditions.iter();
    let Some(Condition { value, .. }) = conditions.find(|it| it.property == *property) else {
        return Ok(None);
    };
    let names = project.client_names.iter();
    let names = names.filter(|(_, name)| *property == Property::Client && *name == value);
    let named: Vec<&str> = names.map(|(id, _)| id.as_str()).collect();
    match named.as_slice() {
        [] => Ok(Some(value.clone())),
        [id] => Ok(Some((*id).to_owned())),
        several => Err(SelectionError(format!(
            "several app clients are called {value}; give an id: {}",
            several.join(", ")
        ))),
    }
}

impl Wanted {
    /// Whether there is only one such value.
    pub fn is_one(&self) -> bool {
        self.values.iter().all(Option::is_some)
    }

    /// Whether this value is wanted.
    pub fn includes(&self, value: &SegmentValue) -> bool {
        let mut parts = value.parts().zip(&self.values);
        parts.all(|(part, wanted)| wanted.as_deref().is_none_or(|wanted| wanted == part))
    }

    /// The value, where there is only one.
    pub fn value(&self) -> SegmentValue {
        let value = |place: usize| {
            let value = self.values.get(place).cloned().flatten();
            value.unwrap_or_default()
        };
        match self.dimension {
            Dimension::Of(_) => SegmentValue::new(&value(0)),
            Dimension::Pair(..) => SegmentValue::pair(&value(0), &value(1)),
        }
    }

    /// The properties that may have any value, by their places.
    pub fn open(&self) -> Vec<(usize, String)> {
        let properties = self.dimension.properties().into_iter().enumerate();
        let open =
            properties.filter(|(place, _)| self.values.get(*place).is_none_or(Option::is_none));
        open.map(|(place, property)| (place, property.to_string()))
            .collect()
    }
}

/// What is asked for, such as `client=web, platform=iOS`.
impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let properties = self.dimension.properties().into_iter().zip(&self.values);
        let conditions: Vec<String> = properties
            .filter_map(|(property, value)| Some(format!("{property}={}", value.as_ref()?)))
            .collect();
        f.write_str(&conditions.join(", "))
    }
}

/// What people call a value: an app client's name where it has one.
pub fn label(property: &str, value: &str, project: &Project) -> String {
    let name = match property {
        "client" => project.client_names.get(&ClientId::new(value)),
        _ => None,
    };
    name.map_or_else(|| value.to_owned(), Clone::clone)
}
