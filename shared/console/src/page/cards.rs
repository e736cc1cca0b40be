//! The cards below the main chart.

pub mod active;
pub mod breakdown;
pub mod retention;
pub mod sign_ins;
pub mod users;

use maud::{Markup, html};

use super::view::View;

/// A tab of a card: its name, its address, and whether it is the chosen one.
struct Tab {
    name: String,
    address: String,
    current: bool,
}

impl Tab {
    /// One that changes the view; it is chosen where that changes nothing.
    fn of(view: &View, name: impl Into<String>, change: impl FnOnce(&mut View)) -> Self {
        let changed = view.with(change);
        Self {
            name: name.into(),
            address: changed.address(),
            current: changed == *view,
        }
    }
}

/// What is said where a filter is set that does not apply.
fn whole_project(view: &View) -> Markup {
    html! {
        @if !view.filters.is_empty() {
            p class="caption" { "Of the whole project: filters do not apply here." }
        }
    }
}

/// A card: its title, its tabs, its CSV, and what it shows.
struct Card<'a> {
    id: &'a str,
    class: &'a str,
    title: &'a str,
    tabs: Vec<Tab>,
    csv: Option<String>,
}

impl Card<'_> {
    fn of(&self, content: Markup) -> Markup {
        html! {
            section class=(self.class) id=(self.id) aria-labelledby={ (self.id) "-title" } {
                header {
                    h2 id={ (self.id) "-title" } { (self.title) }
                    @if !self.tabs.is_empty() {
                        nav class="tabs" aria-label=(self.title) {
                            @for (place, tab) in self.tabs.iter().enumerate() {
                                a href=(tab.address) id={ (self.id) "-" (place) } aria-current=(tab.current) { (tab.name) }
                            }
                        }
                    }
                    @if let Some(csv) = &self.csv {
                        a class="export" href=(csv) download aria-label={ (self.title) " as CSV" } { "CSV" }
                    }
                }
                (content)
            }
        }
    }
}
