//! What pages show and the stream keeps fresh: signals for each thing on screen, one for each place that shows it.

use leptos::prelude::*;
use std::{collections::HashMap, hash::Hash};

/// Things of one kind. Cheap to copy.
pub(super) struct Watched<K: 'static, T: 'static>(StoredValue<HashMap<K, Vec<RwSignal<T>>>>);

impl<K, T> Clone for Watched<K, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, T> Copy for Watched<K, T> {}

impl<K, T> Watched<K, T>
where
    K: Copy + Eq + Hash + Ord + Send + Sync,
    T: Clone + PartialEq + Send + Sync,
{
    pub(super) fn new() -> Self {
        Self(StoredValue::new(HashMap::new()))
    }

    /// A signal that follows the stream until the page that asks is gone; `changed` is called when it is.
    pub(super) fn begin(self, id: K, seen: T, changed: impl Fn() + Send + Sync + 'static) -> RwSignal<T> {
        // Made anew by each place: a signal dies with the page that made it.
        let signal = RwSignal::new(seen);
        self.0.update_value(|signals| signals.entry(id).or_default().push(signal));
        on_cleanup(move || {
            let _ = self.0.try_update_value(|signals| {
                if let Some(own) = signals.get_mut(&id) {
                    own.retain(|other| *other != signal);
                    if own.is_empty() {
                        signals.remove(&id);
                    }
                }
            });
            changed();
        });
        signal
    }

    /// What the server says of one.
    pub(super) fn take(self, id: K, now: &T) {
        for signal in self.0.with_value(|signals| signals.get(&id).cloned().unwrap_or_default()) {
            if signal.try_with_untracked(|seen| seen != now) == Some(true) {
                let _ = signal.try_set(now.clone());
            }
        }
    }

    /// One as a page shows it now; none: no page does.
    pub(super) fn now(self, id: K) -> Option<T> {
        self.0.with_value(|signals| signals.get(&id)?.iter().find_map(RwSignal::try_get_untracked))
    }

    /// True while a page shows it.
    pub(super) fn has(self, id: K) -> bool {
        self.0.with_value(|signals| signals.contains_key(&id))
    }

    /// All signals.
    pub(super) fn signals(self) -> Vec<RwSignal<T>> {
        self.0.with_value(|signals| signals.values().flatten().copied().collect())
    }

    /// Ids of what is on screen, sorted, at most so many.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "the server never asks"))]
    pub(super) fn ids(self, most: usize) -> Vec<K> {
        let mut ids: Vec<K> = self.0.with_value(|signals| signals.keys().copied().collect());
        ids.sort_unstable();
        ids.truncate(most);
        ids
    }
}
