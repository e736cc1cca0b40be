//! The few pages beside the figures, which anybody sees: without script, style or anything of the request.

use maud::{DOCTYPE, Markup, html};

/// A page of its own.
pub(super) fn page(title: &str, what: Markup) -> Markup {
    whole(title, None, what)
}

/// One that leads on by itself. A redirect would not do after a form: a browser holds it, and all that follow, against
/// `form-action`, and nobody can list the identity providers that a pool leads on to.
pub(super) fn leading_on(title: &str, location: &str) -> Markup {
    let what = html! { p { a href=(location) { "Go on" } } };
    whole(title, Some(location), what)
}

/// What the pool leads back to after a sign-out.
pub(super) fn signed_out() -> Markup {
    page("Signed out", html! { p { a href="/" { "Sign in again" } } })
}

fn whole(title: &str, location: Option<&str>, what: Markup) -> Markup {
    let refresh = location.map(|location| format!("0; url={location}"));
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                @if let Some(refresh) = refresh { meta http-equiv="refresh" content=(refresh); }
                title { (title) }
            }
            body {
                main {
                    h1 { (title) }
                    (what)
                }
            }
        }
    }
}
