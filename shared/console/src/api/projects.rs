//! The projects, and what there is to ask of each.

use std::collections::BTreeMap;

use chrono::SecondsFormat;
use domain::day::Day;
use pipeline::ports::figures::Project;
use serde::Serialize;

use super::answer::Table;

/// A project, and what there is to ask of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectObject {
    id: String,
    time_zone: String,
    counting_since: Option<String>,
    first_day: Option<String>,
    last_day: Option<String>,
    dimensions: Vec<String>,
    labels: Labels,
}

/// What values are called, by dimension.
#[derive(Serialize)]
struct Labels {
    client: BTreeMap<String, String>,
}

/// The same where a cell holds one value: lists of different lengths would shift what is after them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectCells {
    id: String,
    time_zone: String,
    counting_since: Option<String>,
    first_day: Option<String>,
    last_day: Option<String>,
    dimensions: String,
}

impl ProjectObject {
    /// That of a project with rows of these days.
    pub fn of(project: &Project, span: Option<(Day, Day)>) -> Self {
        let names = project.client_names.iter();
        let client = names.map(|(id, name)| (id.to_string(), name.clone()));
        let since = project.counting_since;
        Self {
            id: project.id.to_string(),
            time_zone: project.zone.to_string(),
            counting_since: since.map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true)),
            first_day: span.map(|(first, _)| first.to_string()),
            last_day: span.map(|(_, last)| last.to_string()),
            dimensions: project.dimensions.keys().map(ToString::to_string).collect(),
            labels: Labels {
                client: client.collect(),
            },
        }
    }

    fn nobody() -> Self {
        Self {
            id: String::new(),
            time_zone: String::new(),
            counting_since: None,
            first_day: None,
            last_day: None,
            dimensions: Vec::new(),
            labels: Labels {
                client: BTreeMap::new(),
            },
        }
    }

    fn cells(&self) -> ProjectCells {
        ProjectCells {
            id: self.id.clone(),
            time_zone: self.time_zone.clone(),
            counting_since: self.counting_since.clone(),
            first_day: self.first_day.clone(),
            last_day: self.last_day.clone(),
            dimensions: self.dimensions.join(" "),
        }
    }
}

/// The projects, for programs.
pub fn table(objects: Vec<ProjectObject>) -> Table<ProjectObject> {
    Table {
        name: "projects",
        objects,
        example: ProjectObject::nobody(),
    }
}

/// The projects, for spreadsheets.
pub fn in_cells(objects: &[ProjectObject]) -> Table<ProjectCells> {
    Table {
        name: "projects",
        objects: objects.iter().map(ProjectObject::cells).collect(),
        example: ProjectObject::nobody().cells(),
    }
}
