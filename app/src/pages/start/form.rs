//! What every form needs: its error apart by field, the focus on the first wrong field, the way on when it worked.

use crate::{api::start::GoOn, browser, error::UiError};
use leptos::{prelude::*, server_fn::ServerFn};

/// A form's answer, as its fields see it.
#[derive(Clone, Copy, Debug)]
pub struct Faults(Signal<Option<UiError>>);

impl Faults {
    /// Of an action. After a refusal the focus goes to the first wrong field, else to the box above the form.
    pub fn of<S>(action: ServerAction<S>) -> Self
    where
        S: ServerFn<Error = UiError> + Clone + Send + Sync + 'static,
        S::Output: Clone + Send + Sync + 'static,
    {
        let value = action.value();
        let faults = Self(Signal::derive(move || value.with(|v| v.as_ref().and_then(|v| v.as_ref().err().cloned()))));
        Effect::new(move |before: Option<bool>| {
            let wrong = faults.0.with(Option::is_some);
            let _ = action.version().get();
            if before.is_some() && wrong {
                browser::after(30, || browser::focus("[aria-invalid='true'], .form-fault[data-wrong]"));
            }
            wrong
        });
        faults
    }

    /// What is wrong, with whatever.
    pub fn any(self) -> Signal<Option<String>> {
        Signal::derive(move || self.0.with(|e| e.as_ref().map(|e| e.message.clone())))
    }

    /// What is wrong with a field.
    pub fn about(self, field: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || self.0.with(|e| e.as_ref().and_then(|e| e.about(field))))
    }
}

/// What is wrong with a form as a whole, or with something it has no field for.
#[component]
pub fn FormFault(
    /// The form's answer.
    faults: Faults,
    /// Fields that tell their own.
    #[prop(optional)]
    fields: &'static [&'static str],
) -> impl IntoView {
    let words = move || {
        faults.0.with(|e| e.as_ref().filter(|e| e.field.as_deref().is_none_or(|f| !fields.contains(&f))).map(|e| e.message.clone()))
    };
    view! {
        <p class="form-fault" role="alert" tabindex="-1" data-wrong=move || words().is_some().then_some("")>{move || words().unwrap_or_default()}</p>
    }
}

/// How many times it has worked: what a page asks again after. A refusal counts not, so that the form stays as it was filled in.
pub fn worked<S>(action: ServerAction<S>) -> Memo<usize>
where
    S: ServerFn<Error = UiError> + Clone + Send + Sync + 'static,
    S::Output: Clone + Send + Sync + 'static,
{
    let value = action.value();
    Memo::new(move |before: Option<&usize>| before.copied().unwrap_or(0) + usize::from(value.with(|v| matches!(v, Some(Ok(_))))))
}

/// Follows a form's answer to the next page. `fresh`: load it from the server, because who is signed in has changed.
pub fn follow<S>(action: ServerAction<S>, fresh: bool)
where
    S: ServerFn<Output = GoOn, Error = UiError> + Clone + Send + Sync + 'static,
{
    let navigate = leptos_router::hooks::use_navigate();
    Effect::new(move |_| {
        if let Some(Ok(GoOn { to })) = action.value().get() {
            if fresh {
                browser::leave_for(&to);
            } else {
                navigate(&to, leptos_router::NavigateOptions::default());
            }
        }
    });
}

/// Names as (value, label) for a choice.
pub fn same_words(names: &[String]) -> Vec<(String, String)> {
    names.iter().map(|name| (name.clone(), name.replace('_', " "))).collect()
}
