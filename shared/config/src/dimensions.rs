//! `Dimensions`: what figures are broken down by.

use domain::dimension::{Dimension, DimensionError, Property};

use super::json::Json;
use super::object::{Faults, Object, Path, nearest, suggestion};

const FIELD: &str = "Dimensions";

/// The names before the colon of a property.
const PREFIXES: [&str; 2] = ["attribute", "app"];

/// `None` if it is not given. An empty list is one.
pub(super) fn dimensions(object: &Object<'_>, faults: &mut Faults) -> Option<Vec<Dimension>> {
    let items = object.read(FIELD, faults, Json::list)?;
    let path = object.path.field(FIELD);
    if items.len() > Dimension::MOST {
        let (given, most) = (items.len(), Dimension::MOST);
        faults.add(
            &path,
            format!("has {given} dimensions; keep {most} at most"),
        );
    }
    let mut read: Vec<(Dimension, Path)> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let path = path.item(index);
        let Some(dimension) = faults.take(&path, item.text().and_then(dimension)) else {
            continue;
        };
        match read
            .iter()
            .find(|(other, _)| other.is_same_pair(&dimension))
        {
            Some((other, first)) => {
                let problem = format!("breaks figures down by {other}, as {first} does; keep one");
                faults.add(&path, problem);
            }
            None => read.push((dimension, path)),
        }
    }
    Some(read.into_iter().map(|(dimension, _)| dimension).collect())
}

fn dimension(name: &str) -> Result<Dimension, String> {
    Dimension::parse(name).map_err(|error| match &error {
        DimensionError::Unknown(part) if part == name => format!("{error}; {}", meant(part)),
        DimensionError::Unknown(part) => format!("has {part:?}, which {error}; {}", meant(part)),
        DimensionError::Personal(_)
        | DimensionError::Reserved(_)
        | DimensionError::Length(_)
        | DimensionError::PairWithGroup
        | DimensionError::PairOfOne
        | DimensionError::MoreThanTwo => error.to_string(),
    })
}

/// What to write in place of a name that is none.
fn meant(name: &str) -> String {
    let prefixed = name
        .split_once(':')
        .and_then(|(prefix, rest)| match prefix {
            "custom" | "cognito" => Some(format!("attribute:{name}")),
            "analytics" => Some(format!("app:{rest}")),
            _ => nearest(prefix, &PREFIXES).map(|prefix| format!("{prefix}:{rest}")),
        });
    match prefixed.filter(|name| Property::parse(name).is_ok()) {
        Some(name) => format!("did you mean {name:?}?"),
        None => suggestion(name, &Property::NAMES),
    }
}
