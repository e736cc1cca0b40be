//! What is said of the triggers that stay somebody else's.

use std::fmt::Write;

use cognito::user_pool::Trigger;

use super::change::Left;

/// The page of the documentation that has the code.
const PAGE: &str = "docs/taken-triggers.md";

/// What is left, how it counts all the same, and what comes of it until then; nothing where nothing is left.
pub fn text(left: &[Left], attached: &[Trigger]) -> String {
    let mut text = String::new();
    if left.is_empty() {
        return text;
    }
    for it in left {
        let _ = writeln!(text, "{}", one(it));
    }
    if makes_failures(left, attached) {
        let _ = writeln!(
            text,
            "until PostAuthentication is handed on, every sign-in counts as a failure: do that first, or leave off \
             PreAuthentication with --no-pre-authentication"
        );
    }
    let _ = writeln!(
        text,
        "{PAGE} has the code, for Node.js and Python, and the permission; --replace takes a trigger from whoever has it"
    );
    text
}

fn one(left: &Left) -> String {
    let Left {
        trigger,
        theirs,
        ours,
    } = left;
    let kind = match trigger {
        Trigger::PreAuthentication => "RequestResponse",
        Trigger::PostAuthentication | Trigger::PostConfirmation | Trigger::PreTokenGeneration => {
            "Event"
        }
    };
    format!(
        "{trigger} is left to {theirs}\n  \
         a pool invokes one function for a trigger: to be counted, that one hands its event on to ours with\n  \
         lambda:InvokeFunction, InvocationType {kind}, on {ours}"
    )
}

/// Whether attempts begin here, and the sign-ins that close them go elsewhere.
fn makes_failures(left: &[Left], attached: &[Trigger]) -> bool {
    attached.contains(&Trigger::PreAuthentication)
        && left
            .iter()
            .any(|it| it.trigger == Trigger::PostAuthentication)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(trigger: Trigger) -> Left {
        Left {
            trigger,
            theirs: "arn:theirs".to_owned(),
            ours: format!("arn:ours:{trigger}"),
        }
    }

    const HOW: &str = "docs/taken-triggers.md has the code, for Node.js and Python, and the permission; \
        --replace takes a trigger from whoever has it\n";

    #[test]
    fn what_is_left_is_told_with_how_to_hand_it_on() {
        assert_eq!(text(&[], &Trigger::ALL), "");
        let message = text(
            &[left(Trigger::PostConfirmation)],
            &[Trigger::PreAuthentication],
        );
        let expected = "\
PostConfirmation is left to arn:theirs
  a pool invokes one function for a trigger: to be counted, that one hands its event on to ours with
  lambda:InvokeFunction, InvocationType Event, on arn:ours:PostConfirmation
";
        assert_eq!(message, format!("{expected}{HOW}"));
    }

    #[test]
    fn attempts_that_nothing_closes_are_told() {
        const FAILURES: &str =
            "until PostAuthentication is handed on, every sign-in counts as a failure";
        let (before, after) = (Trigger::PreAuthentication, Trigger::PostAuthentication);
        for (left_to_them, attached, warns) in [
            (after, before, true),
            (before, after, false),
            (after, Trigger::PostConfirmation, false),
        ] {
            let message = text(&[left(left_to_them)], &[attached]);
            assert_eq!(message.contains(FAILURES), warns, "{message}");
        }
    }
}
