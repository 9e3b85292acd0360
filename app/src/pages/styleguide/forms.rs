//! What is pressed and filled in.

use super::{Part, Piece};
use crate::{
    api::backup::find_organizations,
    components::{
        Ask, Button, ButtonKind, Choice, Combobox, Confirm, Dialog, Field, Menu, MenuButton, MenuCheck, MenuLink, MenuPart, Progress,
        SelectField, SwitchField, Tab, Tabs, TextField, Toggle, icon, use_toasts,
    },
};
use leptos::prelude::*;

#[component]
pub fn Menus() -> impl IntoView {
    let toasts = use_toasts();
    let on = RwSignal::new(true);
    let press = Callback::new(move |()| toasts.say("Chosen."));
    view! {
        <Part id="menus">
            <Piece name="Menu">
                <div class="guide-row">
                    <Menu label="Actions">
                        <MenuLink href="/styleguide">"A link"</MenuLink>
                        <MenuButton on_press=press>"Run a check"</MenuButton>
                        <MenuButton on_press=press disabled=true>"Not now"</MenuButton>
                        <MenuPart label="Shown"/>
                        <MenuCheck label="Paused devices" on on_change=Callback::new(move |is| on.set(is))/>
                        <MenuPart/>
                        <MenuButton on_press=press danger=true>"Retire…"</MenuButton>
                    </Menu>
                    <Menu label="More of this row" icon=icon::MORE compact=true>
                        <MenuLink href="/styleguide" here=true>"Where one is"</MenuLink>
                        <MenuLink href="/styleguide">"Another"</MenuLink>
                    </Menu>
                </div>
            </Piece>
            <Piece name="Palette">
                <p>"It is in the frame, and opened by its button there, by Ctrl K or by ⌘ K. "<a href="/search">"The same as a page"</a>" is for those without scripts."</p>
            </Piece>
            <Piece name="Tabs">
                <Tabs
                    label="Examples"
                    here=Signal::stored(1)
                    tabs=vec![
                        Tab::new("/styleguide?tab=devices", "Devices"),
                        Tab { count: Some(Signal::stored(Some(21))), ..Tab::new("/styleguide?tab=alerts", "Alerts") },
                        Tab::new("/styleguide?tab=log", "Job log"),
                    ]
                />
            </Piece>
        </Part>
    }
}

#[component]
pub fn Fields() -> impl IntoView {
    let text = |words: &str| RwSignal::new(words.to_owned());
    let wrong = Signal::stored(Some("A name is at most 200 letters long.".to_owned()));
    let class = vec![("server".to_owned(), "Server".to_owned()), ("workstation".to_owned(), "Workstation".to_owned())];
    let ask = Ask::new(|typed: String| async move {
        Ok(find_organizations(typed).await?.into_iter().map(|(id, name)| Choice::new(id, name)).collect())
    });
    let chosen = RwSignal::new(String::new());
    view! {
        <Part id="fields">
            <Piece name="Field">
                <div class="guide-form">
                    <Field label="Name" name="guide_name" value=text("SRV-01") required=true autocomplete="off"/>
                    <Field label="Note" name="guide_note" value=text("") hint="Seen by everybody of the partner." placeholder="Behind the red door" autocomplete="off"/>
                    <Field label="Name" name="guide_wrong" value=text("A name that is much too long") required=true error=wrong autocomplete="off"/>
                </div>
            </Piece>
            <Piece name="TextField, SelectField, SwitchField">
                <div class="guide-form">
                    <TextField label="Annotation" name="guide_text" value=text("Waiting for a new disk.")/>
                    <SelectField label="Class" name="guide_class" value=text("server") options=class hint="Servers are overdue after 12 h."/>
                    <SwitchField label="Default policy" name="guide_switch" value=RwSignal::new(true) hint="Taken by devices that name none."/>
                </div>
            </Piece>
            <Piece name="Field, SwitchField: disabled, by their fieldset">
                <fieldset class="guide-form" disabled>
                    <Field label="Name" name="guide_disabled" value=text("SRV-01") plain=true autocomplete="off"/>
                    <SwitchField label="Default policy" name="guide_disabled_switch" value=RwSignal::new(true) hint="Only owners change this."/>
                </fieldset>
            </Piece>
            <Piece name="Combobox">
                <div class="guide-form">
                    <Combobox label="Organization" name="guide_organization" value=chosen ask placeholder="Type to search" hint="Asks the server as you type."/>
                    <p class="faint">"Chosen: "<output id="guide-chosen">{move || chosen.get()}</output></p>
                </div>
            </Piece>
        </Part>
    }
}

#[component]
pub fn Switches() -> impl IntoView {
    let on = RwSignal::new(false);
    let press = Callback::new(move |is| on.set(is));
    let idle = Callback::new(|_: bool| ());
    view! {
        <Part id="switches">
            <Piece name="Toggle">
                <div class="guide-row">
                    <Toggle label="Weekly summary" on on_change=press/>
                    <Toggle label="On" on=true on_change=idle/>
                    <Toggle label="Busy" on=true on_change=idle busy=true/>
                    <Toggle label="Disabled" on=false on_change=idle disabled=true/>
                </div>
            </Piece>
            <Piece name="Progress">
                <div class="guide-form">
                    <Progress label="Making the report" percent=Some(54) detail="812 of 1,500 devices".to_owned()/>
                    <Progress label="Looking" percent=None/>
                    <Progress label="Running" percent=Some(42) bare=true/>
                </div>
            </Piece>
        </Part>
    }
}

#[component]
pub fn Dialogs() -> impl IntoView {
    let (open, asking) = (RwSignal::new(false), RwSignal::new(false));
    let toasts = use_toasts();
    view! {
        <Part id="dialogs">
            <Piece name="Dialog, Confirm">
                <div class="guide-row">
                    <Button on_press=Callback::new(move |()| open.set(true))>"Open a dialog"</Button>
                    <Button kind=ButtonKind::Danger on_press=Callback::new(move |()| asking.set(true))>"Ask before"</Button>
                </div>
                <Dialog open title="Add a note">
                    <Field label="Note" name="guide_dialog" value=RwSignal::new(String::new()) plain=true autocomplete="off"/>
                    <div class="form-actions">
                        <Button on_press=Callback::new(move |()| open.set(false))>"Cancel"</Button>
                        <Button kind=ButtonKind::Primary on_press=Callback::new(move |()| open.set(false))>"Save"</Button>
                    </div>
                </Dialog>
                <Confirm open=asking title="Retire SRV-01?" body="It is no longer watched and raises no alerts. Its history stays." word="SRV-01" action="Retire"
                    on_confirm=Callback::new(move |()| { asking.set(false); toasts.say("Retired."); })/>
            </Piece>
            <Piece name="Toasts">
                <div class="guide-row">
                    <Button on_press=Callback::new(move |()| toasts.say("Saved."))>"Say"</Button>
                    <Button on_press=Callback::new(move |()| toasts.fail("Not saved: the server can't be reached."))>"Say that it failed"</Button>
                    <Button on_press=Callback::new(move |()| toasts.offer("SRV-01 is paused.", "Undo", move || toasts.say("Not paused any more.")))>"Offer to undo"</Button>
                </div>
            </Piece>
        </Part>
    }
}
