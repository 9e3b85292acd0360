//! A name or an address that can be broken at its joints. The text stays as it is, for copying and for screen readers.

use leptos::prelude::*;

/// Words shorter than that stay whole.
const LONG: usize = 16;

/// A name or an address: where it has to be broken, that is after `@`, `.`, `-`, `_`, a slash, and not inside of a word.
#[component]
pub fn Address(
    /// The name or address.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    if text.split_whitespace().all(|word| word.chars().count() < LONG) {
        return text.into_any();
    }
    parts(&text).map(|part| view! { {part.to_owned()}<wbr/> }).collect_view().into_any()
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['@', '.', '-', '_', '/', '\\'])
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn an_address_breaks_behind_its_joints_and_loses_nothing() {
        let address = "h.ahrens@maschinenbau-nord.example.com";
        let found: Vec<&str> = parts(address).collect();
        assert_eq!(found, ["h.", "ahrens@", "maschinenbau-", "nord.", "example.", "com"]);
        assert_eq!(found.concat(), address);
    }
}
