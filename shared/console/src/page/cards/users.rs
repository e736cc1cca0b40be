//! Users: on one's own machine alone, and by their `sub` alone.

use domain::day::Day;
use figures::UserObject;
use maud::{Markup, html};

use super::{Card, Tab, whole_project};
use crate::page::links;
use crate::page::load::{INACTIVE_DAYS, Loaded};
use crate::page::view::UsersTab;
use crate::page::words;

/// The card; nothing where users are not shown.
pub fn card(loaded: &Loaded) -> Markup {
    let Some(found) = &loaded.users else {
        return html! {};
    };
    let view = &loaded.view;
    let tab = |tab, name: String| Tab::of(view, name, |view| view.users = tab);
    let card = Card {
        id: "users",
        class: "card wide",
        title: "Users",
        tabs: vec![
            tab(UsersTab::Inactive, format!("Inactive {INACTIVE_DAYS} days")),
            tab(UsersTab::NeverReturned, "Never came back".to_owned()),
            tab(
                UsersTab::New,
                format!("New since {}", words::date(loaded.period.span.0)),
            ),
        ],
        csv: Some(links::csv(loaded, "users", [which(loaded)])),
    };
    card.of(html! {
        (whole_project(view))
        @match found {
            Err(error) => p class="caption" { "Users can't be read now: " (error) },
            Ok((users, _)) if users.is_empty() => p class="caption" { "There are no such users." },
            Ok((users, more)) => {
                (table(users))
                @if *more { p class="caption" { "The longest inactive come first; all of them: CSV, or the command cognito-pinpoint users." } }
            },
        }
    })
}

/// Which users, as the API is asked for them.
fn which(loaded: &Loaded) -> (&'static str, String) {
    match loaded.view.users {
        UsersTab::Inactive => ("inactiveFor", format!("{INACTIVE_DAYS}d")),
        UsersTab::NeverReturned => ("neverReturned", "true".to_owned()),
        UsersTab::New => ("newSince", loaded.period.span.0.to_string()),
    }
}

fn table(users: &[UserObject]) -> Markup {
    let day = |day: &Option<String>| {
        let day = day.as_deref().and_then(|day| Day::parse(day).ok());
        day.map_or("never".to_owned(), words::date_of_year)
    };
    html! {
        div class="scroll" tabindex="0" role="region" aria-label="Users" {
            table class="users" {
                thead {
                    tr {
                        th scope="col" { "sub" }
                        th scope="col" { "First active" }
                        th scope="col" { "Last active" }
                        th scope="col" { "Active days" }
                    }
                }
                tbody {
                    @for user in users {
                        tr {
                            th scope="row" { code { (user.sub) } }
                            td { (day(&user.first_active)) }
                            td { (day(&user.last_active)) }
                            td { (user.active_days) }
                        }
                    }
                }
            }
        }
    }
}
