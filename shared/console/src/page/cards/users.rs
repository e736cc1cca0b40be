//! Users: on one's own machine alone, and by their `sub` alone.

use figures::UserObject;
use maud::{Markup, html};

use super::Card;
use crate::page::load::{INACTIVE_DAYS, Loaded};
use crate::page::view::UsersTab;
use crate::page::words;

/// The card; nothing where users are not shown.
pub fn card(loaded: &Loaded) -> Markup {
    let Some((users, more)) = &loaded.users else {
        return html! {};
    };
    let view = &loaded.view;
    let tab = |tab: UsersTab, name: String| {
        let address = view.href(|view| view.users = tab);
        (name, address, view.users == tab)
    };
    let card = Card {
        id: "users",
        class: "card wide",
        title: "Users",
        tabs: vec![
            tab(UsersTab::Inactive, format!("Inactive {INACTIVE_DAYS} days")),
            tab(UsersTab::NeverReturned, "Never came back".to_owned()),
            tab(UsersTab::New, "New".to_owned()),
        ],
        csv: Some(address(loaded)),
    };
    card.of(html! {
        (super::active::whole_project(loaded))
        @if users.is_empty() {
            p class="caption" { "There are no such users." }
        } @else {
            (table(users))
            @if *more { p class="caption" { "These were away the longest; all of them: CSV, or the command cognito-pinpoint users." } }
        }
    })
}

fn address(loaded: &Loaded) -> String {
    let from = loaded.period.span.0.to_string();
    let inactive = format!("{INACTIVE_DAYS}d");
    let which = match loaded.view.users {
        UsersTab::Inactive => ("inactiveFor", inactive.as_str()),
        UsersTab::NeverReturned => ("neverReturned", "true"),
        UsersTab::New => ("newSince", from.as_str()),
    };
    let pairs = [
        ("project", loaded.project.id.as_str()),
        which,
        ("format", "csv"),
    ];
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    format!("/api/v1/users?{query}")
}

fn table(users: &[UserObject]) -> Markup {
    let day = |day: &Option<String>| {
        let day = day
            .as_deref()
            .and_then(|day| domain::day::Day::parse(day).ok());
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
