//! What becomes of a pool's triggers.

use cognito::user_pool::{LambdaConfig, Trigger};

use crate::args::account::Taken;
use crate::table::table;

/// A change of a pool's triggers.
#[derive(Debug)]
pub struct Change {
    /// The triggers afterwards.
    pub triggers: LambdaConfig,
    /// The triggers that were asked for and stay somebody else's.
    pub left: Vec<Left>,
    before: LambdaConfig,
}

/// A trigger that stays somebody else's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Left {
    /// The trigger.
    pub trigger: Trigger,
    /// The ARN of the function that it has.
    pub theirs: String,
    /// The ARN of ours, which theirs may hand its events on to.
    pub ours: String,
}

impl Change {
    /// These triggers get our functions, those that are somebody else's as it is said. Whoever has one of
    /// ours keeps it.
    pub fn attaching(
        before: &LambdaConfig,
        wanted: &[Trigger],
        taken: Taken,
        ours: impl Fn(Trigger) -> String,
    ) -> Self {
        let (mut triggers, mut left) = (before.clone(), Vec::new());
        for trigger in wanted.iter().copied() {
            let ours = ours(trigger);
            match (before.function(trigger), taken) {
                (Some(attached), _) if attached == ours => {}
                (Some(theirs), Taken::Left) => left.push(Left {
                    trigger,
                    theirs: theirs.to_owned(),
                    ours,
                }),
                (Some(_), Taken::Replaced) | (None, _) => triggers.attach(trigger, &ours),
            }
        }
        Self {
            triggers,
            left,
            before: before.clone(),
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
            left: Vec::new(),
        }
    }

    /// Whether all stays as it is.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(trigger: Trigger) -> String {
        format!("ours:{trigger}")
    }

    /// What is attached to each trigger, and which are left to whom.
    fn after(before: &LambdaConfig, taken: Taken) -> (Vec<Option<String>>, Vec<String>) {
        let change = Change::attaching(before, &Trigger::ALL, taken, ours);
        let functions =
            Trigger::ALL.map(|trigger| change.triggers.function(trigger).map(str::to_owned));
        let left = change.left.iter().map(
            |Left {
                 trigger,
                 theirs,
                 ours,
             }| format!("{trigger}: {theirs}, not {ours}"),
        );
        (functions.into(), left.collect())
    }

    #[test]
    fn a_trigger_that_is_taken_is_left_and_the_free_ones_are_attached_unless_it_is_to_be_replaced()
    {
        let mut before = LambdaConfig::default();
        before.attach(Trigger::PostConfirmation, "theirs");
        before.attach(
            Trigger::PostAuthentication,
            &ours(Trigger::PostAuthentication),
        );
        let all = Trigger::ALL.map(|trigger| Some(ours(trigger)));
        let mut but_one = all.clone();
        but_one[2] = Some("theirs".to_owned());
        let left = "PostConfirmation: theirs, not ours:PostConfirmation".to_owned();
        assert_eq!(after(&before, Taken::Left), (but_one.into(), vec![left]));
        assert_eq!(after(&before, Taken::Replaced), (all.into(), vec![]));
    }
}
