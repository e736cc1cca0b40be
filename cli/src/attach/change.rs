//! What becomes of a pool's triggers.

use cognito::user_pool::{LambdaConfig, Trigger};

use crate::table::table;

/// A change of a pool's triggers.
pub struct Change {
    /// The triggers afterwards.
    pub triggers: LambdaConfig,
    before: LambdaConfig,
    taken: Vec<String>,
}

impl Change {
    /// These triggers get our functions. Whoever has one of ours keeps it.
    pub fn attaching(
        before: &LambdaConfig,
        wanted: &[Trigger],
        ours: impl Fn(Trigger) -> String,
    ) -> Self {
        let (mut triggers, mut taken) = (before.clone(), Vec::new());
        for trigger in wanted {
            let function = ours(*trigger);
            match before.function(*trigger) {
                Some(attached) if attached == function => continue,
                Some(theirs) => taken.push(format!("{trigger}: {theirs}")),
                None => {}
            }
            triggers.attach(*trigger, &function);
        }
        Self {
            triggers,
            before: before.clone(),
            taken,
        }
    }

    /// No trigger has our functions.
    pub fn detaching(before: &LambdaConfig, ours: impl Fn(Trigger) -> String) -> Self {
        let mut triggers = before.clone();
        for trigger in Trigger::ALL {
            if before.function(trigger) == Some(&ours(trigger)) {
                triggers.detach(trigger);
            }
        }
        Self {
            triggers,
            before: before.clone(),
            taken: Vec::new(),
        }
    }

    /// The triggers that are taken from somebody, a line for each; `None` if none are.
    pub fn taken(&self) -> Option<String> {
        (!self.taken.is_empty()).then(|| self.taken.join("\n"))
    }

    /// If all stays as it is.
    pub fn is_nothing(&self) -> bool {
        self.triggers == self.before
    }

    /// The change, for people.
    pub fn table(&self) -> String {
        let header = ["trigger", "is", "becomes"].map(str::to_owned).to_vec();
        let rows = Trigger::ALL.map(|trigger| {
            let (is, becomes) = (
                self.before.function(trigger),
                self.triggers.function(trigger),
            );
            let becomes = if is == becomes {
                "the same"
            } else {
                text(becomes)
            };
            vec![trigger.to_string(), text(is).to_owned(), becomes.to_owned()]
        });
        let rows = std::iter::once(header).chain(rows).collect();
        table(rows).to_string()
    }
}

fn text(function: Option<&str>) -> &str {
    function.unwrap_or("none")
}
