//! Choosing rows of a table, and doing something with all of them.

use super::icon::{CLOSE, Icon};
use leptos::{html, prelude::*};
use std::collections::BTreeSet;

/// Which rows are chosen, by id. Make it once a page; rows join and leave by themselves.
#[derive(Clone, Copy, Debug)]
pub struct Selection {
    chosen: RwSignal<BTreeSet<String>>,
    rows: RwSignal<Vec<String>>,
    last: StoredValue<Option<String>>,
}

impl Default for Selection {
    fn default() -> Self {
        Self { chosen: RwSignal::new(BTreeSet::new()), rows: RwSignal::new(Vec::new()), last: StoredValue::new(None) }
    }
}

// A row that leaves says so; where it leaves because the whole table does, whoever follows is told when the choice is gone already.
impl Selection {
    /// Nothing is chosen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many are chosen. Follows the choice.
    pub fn len(self) -> usize {
        self.chosen.try_with(BTreeSet::len).unwrap_or(0)
    }

    /// Whether nothing is chosen. Follows the choice.
    pub fn is_empty(self) -> bool {
        self.chosen.try_with(BTreeSet::is_empty).unwrap_or(true)
    }

    /// The chosen ids, sorted. Follows the choice.
    pub fn ids(self) -> Vec<String> {
        self.chosen.try_with(|c| c.iter().cloned().collect()).unwrap_or_default()
    }

    /// Whether this one is chosen. Follows the choice.
    pub fn has(self, id: &str) -> bool {
        self.chosen.try_with(|c| c.contains(id)).unwrap_or(false)
    }

    /// Chooses nothing.
    pub fn clear(self) {
        self.chosen.set(BTreeSet::new());
    }

    fn set(self, id: &str, on: bool) {
        self.chosen.update(|c| {
            if on {
                c.insert(id.to_owned());
            } else {
                c.remove(id);
            }
        });
    }

    /// Sets one row, or with `range` all from the last one that was set to this one.
    fn press(self, id: &str, on: bool, range: bool) {
        let last = self.last.get_value().filter(|_| range);
        let between = self.rows.with_untracked(|rows| {
            let place = |id: &str| rows.iter().position(|r| r == id);
            let (a, b) = (place(id)?, place(last.as_deref()?)?);
            rows.get(a.min(b)..=a.max(b)).map(<[String]>::to_vec)
        });
        for id in between.unwrap_or_else(|| vec![id.to_owned()]) {
            self.set(&id, on);
        }
        self.last.set_value(Some(id.to_owned()));
    }
}

/// The head cell that chooses all rows on screen.
#[component]
pub fn SelectAll(
    /// The choice.
    selection: Selection,
    /// What they are, for screen readers: "alerts".
    #[prop(into)]
    what: String,
) -> impl IntoView {
    let all = move || {
        let all = selection.rows.try_with(|rows| !rows.is_empty() && rows.iter().all(|id| selection.has(id)));
        all.unwrap_or(false)
    };
    let some = move || !selection.is_empty() && !all();
    view! {
        <th scope="col" class="cell-check">
            <input
                type="checkbox"
                class="check"
                aria-label=format!("Choose all {what} on this page")
                prop:checked=all
                prop:indeterminate=some
                on:change=move |event| {
                    let on = event_target_checked(&event);
                    selection.rows.with_untracked(|rows| rows.clone()).iter().for_each(|id| selection.set(id, on));
                }
            />
        </th>
    }
}

/// The first cell of a row that can be chosen. With Shift, all rows from the last one on.
#[component]
pub fn SelectRow(
    /// The choice.
    selection: Selection,
    /// The row's id.
    #[prop(into)]
    id: String,
    /// What the row is, for screen readers: "SRV-01, backup overdue".
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    let own = StoredValue::new(id.clone());
    // On the next turn: making a row must not change what the head is just reading.
    Effect::new(move |before: Option<()>| {
        if before.is_none() {
            let _ = selection.rows.try_update(|rows| {
                own.with_value(|id| {
                    if !rows.contains(id) {
                        rows.push(id.clone())
                    }
                })
            });
        }
        #[cfg(feature = "hydrate")]
        if let Some(input) = node.get()
            && before.is_none()
            && input.checked()
        {
            // Chosen before the scripts came.
            own.with_value(|id| selection.set(id, true));
        }
    });
    {
        let id = id.clone();
        on_cleanup(move || {
            let _ = selection.rows.try_update(|rows| rows.retain(|r| *r != id));
            if selection.chosen.try_with_untracked(|c| c.contains(&id)) == Some(true) {
                let _ = selection.chosen.try_update(|c| c.remove(&id));
            }
        });
    }
    view! {
        <td class="cell-check">
            <input
                type="checkbox"
                class="check"
                name="chosen"
                value=id
                node_ref=node
                aria-label=format!("Choose {label}")
                prop:checked=move || own.try_with_value(|id| selection.has(id)).unwrap_or(false)
                on:click=move |event| {
                    let on = event_target_checked(&event);
                    own.with_value(|id| selection.press(id, on, event.shift_key()));
                }
            />
        </td>
    }
}

/// Appears at the foot of the window while something is chosen: how many, what can be done, and a way out.
#[component]
pub fn BulkBar(
    /// The choice.
    selection: Selection,
    /// What they are, one of them: "alert".
    #[prop(into)]
    noun: String,
    /// The buttons.
    children: ChildrenFn,
) -> impl IntoView {
    let children = StoredValue::new(children);
    let words = move || match selection.len() {
        0 => String::new(),
        1 => format!("1 {noun} chosen"),
        n => format!("{n} {noun}s chosen"),
    };
    view! {
        <div class="bulk" data-open=move || (!selection.is_empty()).then_some("")>
            <p class="bulk-words" role="status">{words}</p>
            {move || (!selection.is_empty()).then(|| view! {
                <div class="bulk-actions">
                    {children.with_value(|c| c())}
                    <button type="button" class="button button-quiet" aria-label="Choose nothing" on:click=move |_| selection.clear()><Icon shape=CLOSE/></button>
                </div>
            })}
        </div>
    }
}
