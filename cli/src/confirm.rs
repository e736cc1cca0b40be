//! Asking before something is deleted.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::Failure;

/// What must be so before something is deleted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Consent {
    /// It was given on the command line.
    Given,
    /// Somebody is asked, at the terminal.
    Asked,
}

impl Consent {
    /// Whether `--yes` says so, or there is somebody to ask.
    ///
    /// # Errors
    ///
    /// If there is neither: nothing is deleted then.
    pub fn of(yes: bool) -> Result<Self, Failure> {
        if yes {
            Ok(Self::Given)
        } else if io::stdin().is_terminal() {
            Ok(Self::Asked)
        } else {
            Err(Failure::Usage(
                "there is no terminal to ask at: --yes deletes without asking, --dry-run shows what would be deleted"
                    .to_owned(),
            ))
        }
    }

    /// Whether there is consent, asked for with this question if need be.
    ///
    /// # Errors
    ///
    /// If nothing can be asked.
    pub fn to(self, question: &str) -> Result<bool, Failure> {
        match self {
            Self::Given => Ok(true),
            Self::Asked => {
                eprint!("{question} [y/N] ");
                io::stderr().flush()?;
                Ok(is_yes(io::stdin().lock())?)
            }
        }
    }
}

/// Whether somebody typed yes; anything else, and nothing, is no.
fn is_yes(mut answers: impl BufRead) -> io::Result<bool> {
    let mut answer = String::new();
    answers.read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes() {
        for (answer, expected) in [
            ("y\n", true),
            ("Yes\n", true),
            ("\n", false),
            ("", false),
            ("no\n", false),
            ("yes please\n", false),
        ] {
            assert_eq!(is_yes(answer.as_bytes()).unwrap(), expected, "{answer:?}");
        }
    }
}
