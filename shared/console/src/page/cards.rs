//! The cards below the main chart.

pub mod active;
pub mod breakdown;
pub mod retention;
pub mod sign_ins;
pub mod users;

use maud::{Markup, html};

/// A card: its title, its tabs (each an address, and whether it is the chosen one), its CSV, and what it shows.
struct Card<'a> {
    id: &'a str,
    class: &'a str,
    title: &'a str,
    tabs: Vec<(String, String, bool)>,
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
                            @for (place, (name, address, current)) in self.tabs.iter().enumerate() {
                                a href=(address) id={ (self.id) "-" (place) } aria-current=(current) { (name) }
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
