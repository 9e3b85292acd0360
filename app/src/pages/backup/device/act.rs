//! What can be done with a device: edit, pause, resume, retire.

use crate::{
    api::backup::{DeviceEdit, DeviceView, edit_device, pause_device, resume_device, retire_device},
    components::{Button, ButtonKind, Confirm, Dialog, Field, LinkButton, SelectField, TextField, use_toasts},
    error::UiError,
};
use domain::{
    live::DeviceNow,
    policy::{DeviceClass, DeviceLife},
};
use leptos::{prelude::*, task::spawn_local};

const GIB: i64 = 1 << 30;

/// Buttons beside the heading and their dialogs.
#[component]
pub fn Actions(
    /// The page's data.
    view: RwSignal<DeviceView>,
    /// What moves.
    now: RwSignal<DeviceNow>,
    /// Called after something was changed.
    changed: Callback<()>,
) -> impl IntoView {
    let id = view.with_untracked(|v| v.line.id);
    let toasts = use_toasts();
    let (editing, retiring, busy) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(false));
    let error = RwSignal::new(None::<UiError>);
    let name = Signal::derive(move || view.with(|v| v.line.name.clone()));
    let life = Memo::new(move |_| now.with(|n| n.facts.life));
    let done = move |result: Result<(), UiError>, said: &str| {
        busy.set(false);
        match result {
            Ok(()) => {
                retiring.set(false);
                toasts.say(said);
                changed.run(());
            }
            Err(wrong) => {
                toasts.say(wrong.message.clone());
                error.set(Some(wrong));
            }
        }
    };
    let (pausing, reason) = (RwSignal::new(false), RwSignal::new(String::new()));
    let pause = move || {
        busy.set(true);
        let reason = reason.get_untracked();
        spawn_local(async move {
            let result = pause_device(id, reason).await;
            if result.is_ok() {
                pausing.set(false);
            }
            done(result, "Paused: what goes wrong is recorded, not alerted.");
        });
    };
    let resume = Callback::new(move |()| {
        busy.set(true);
        spawn_local(async move { done(resume_device(id).await, "Resumed.") });
    });
    let retire = Callback::new(move |()| {
        busy.set(true);
        spawn_local(async move { done(retire_device(id).await, "Retired: kept for its history.") });
    });
    view! {
        <Button on_press=Callback::new(move |()| editing.set(true))>"Edit"</Button>
        {move || (life.get() != DeviceLife::Retired).then(|| view! {
            <LinkButton href=format!("/settings/maintenance/new?reach=device&device={id}")>"Plan maintenance"</LinkButton>
        })}
        {move || match life.get() {
            DeviceLife::Paused | DeviceLife::Retired => view! { <Button busy on_press=resume>"Resume"</Button> }.into_any(),
            DeviceLife::Active | DeviceLife::Pending => view! { <Button busy on_press=Callback::new(move |()| pausing.set(true))>"Pause"</Button> }.into_any(),
        }}
        {move || (life.get() != DeviceLife::Retired).then(|| view! {
            <Button kind=ButtonKind::Danger on_press=Callback::new(move |()| retiring.set(true))>"Retire"</Button>
        })}
        <Dialog open=pausing title=Signal::derive(move || format!("Pause {}", name.get()))>
            <form
                class="stack"
                on:submit=move |event| {
                    event.prevent_default();
                    pause();
                }
            >
                <p>"What goes wrong meanwhile is recorded, not alerted, and left out of the service level. Resume it at any time."</p>
                <TextField label="Why, and until when" name="pause-reason" value=reason hint="Shown on this page while it lasts." error=Signal::derive(move || error.with(|e| e.as_ref().and_then(|e| e.about("reason"))))/>
                <div class="form-actions">
                    <Button on_press=Callback::new(move |()| pausing.set(false))>"Cancel"</Button>
                    <Button kind=ButtonKind::Primary submit=true busy>"Pause it"</Button>
                </div>
            </form>
        </Dialog>
        <Dialog open=editing title="Edit the device"><Edit view editing changed/></Dialog>
        <Confirm
            open=retiring
            title=Signal::derive(move || format!("Retire {}?", name.get()))
            body="It leaves lists, counts and alerts, and takes no more reports. Its history stays, and you can resume it at any time."
            word=name
            action="Retire it"
            busy
            error=Signal::derive(move || error.get().map(|e| e.message))
            on_confirm=retire
        />
    }
}

#[component]
fn Edit(view: RwSignal<DeviceView>, editing: RwSignal<bool>, changed: Callback<()>) -> impl IntoView {
    let line = view.with_untracked(|v| v.line.clone());
    let policies = view.with_untracked(|v| v.policies.clone());
    let toasts = use_toasts();
    let name = RwSignal::new(line.name);
    let class = RwSignal::new(line.class.as_str().to_owned());
    let policy = RwSignal::new(line.policy.0.to_string());
    let quota = RwSignal::new(line.quota_bytes.map(in_gib).unwrap_or_default());
    let tags = RwSignal::new(line.tags.join(", "));
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<UiError>);
    let about = move |field: &'static str| Signal::derive(move || error.with(|e| e.as_ref().and_then(|e| e.about(field))));
    let id = line.id;
    let save = move || {
        let quota_bytes = match from_gib(&quota.get_untracked()) {
            Ok(bytes) => bytes,
            Err(words) => {
                error.set(Some(UiError::field("invalid_quota", "quota_bytes", words)));
                return;
            }
        };
        let edit = DeviceEdit {
            name: name.get_untracked(),
            class: class.get_untracked().parse().unwrap_or(DeviceClass::Server),
            policy: policy.get_untracked(),
            quota_bytes,
            tags: tags.get_untracked().split(',').map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect(),
        };
        busy.set(true);
        spawn_local(async move {
            let result = edit_device(id, edit).await;
            busy.set(false);
            match result {
                Ok(()) => {
                    toasts.say("Saved.");
                    editing.set(false);
                    changed.run(());
                }
                Err(wrong) => error.set(Some(wrong)),
            }
        });
    };
    view! {
        <form
            class="stack"
            on:submit=move |event| {
                event.prevent_default();
                save();
            }
        >
            <Field label="Name" name="name" value=name required=true error=about("name") autocomplete="off"/>
            <SelectField
                label="Class"
                name="class"
                value=class
                options=vec![("server".to_owned(), "Server".to_owned()), ("workstation".to_owned(), "Workstation".to_owned())]
                hint="A server is overdue after 12 h, a workstation after 24 h, unless its policy says otherwise."
                error=about("class")
            />
            <SelectField label="Policy" name="policy" value=policy options=policies error=about("policy")/>
            <Field label="Quota in GiB" name="quota_bytes" value=quota error=about("quota_bytes") hint="Space at the destination. Above 95 % it is a warning."/>
            <Field label="Tags" name="tags" value=tags error=about("tags") hint="Separated by commas."/>
            {move || error.get().filter(|e| e.field.is_none()).map(|e| view! { <p class="form-error" role="alert">{e.message}</p> })}
            <div class="form-actions">
                <Button on_press=Callback::new(move |()| editing.set(false))>"Cancel"</Button>
                <Button kind=ButtonKind::Primary submit=true busy>"Save"</Button>
            </div>
        </form>
    }
}

/// Bytes as GiB, with as many decimals as they need (two at most).
fn in_gib(bytes: i64) -> String {
    let hundredths = i128::from(bytes) * 100 / i128::from(GIB);
    match hundredths % 100 {
        0 => format!("{}", hundredths / 100),
        rest => format!("{}.{rest:02}", hundredths / 100),
    }
}

/// GiB with decimals as bytes; nothing is no quota.
fn from_gib(text: &str) -> Result<Option<i64>, &'static str> {
    let text = text.trim().replace(',', ".");
    if text.is_empty() {
        return Ok(None);
    }
    let gib: f64 = text.parse().map_err(|_| "Write a number, for example 500 or 1.5; leave it empty for no quota.")?;
    if !(gib > 0.0 && gib < 8_000_000_000.0) {
        return Err("Write a number above 0; leave it empty for no quota.");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "checked to fit")]
    Ok(Some((gib * GIB as f64) as i64))
}
