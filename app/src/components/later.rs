//! Hydration in pieces, so that a phone's processor answers in between.
//!
//! On a first visit most of hydration is compiling: browsers compile each function when it is first called, on the main thread. In one
//! go that blocks a slow phone for most of a second. What is wrapped in [`Later`] is hydrated in a task of its own, after what is
//! around it (docs/decisions/0016-hydration-in-pieces.md). On the server, and when a page is made in the browser, it is its children.

use leptos::prelude::*;

/// One element whose hydration can wait for a task of its own.
///
/// Its content is exactly one element. Only what is outermost, or makes no [`Resource`], may be wrapped: the answers of the server are
/// found by the order in which they are asked for.
#[component]
pub fn Later(children: Children) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    {
        pieces::Piece::new(children)
    }
    #[cfg(not(feature = "hydrate"))]
    {
        children()
    }
}

/// Does it in a task of its own, before the pieces that follow; not at all where nothing is left to be hydrated.
pub fn ahead(act: impl FnOnce() + 'static) {
    #[cfg(feature = "hydrate")]
    pieces::ahead(Box::new(act));
    #[cfg(not(feature = "hydrate"))]
    drop(act);
}

/// Does it once every piece is hydrated; at once if nothing is left. What changes signals that views read belongs in here: a view whose
/// signals have moved meanwhile no longer fits the server's HTML.
pub fn when_whole(act: impl FnOnce() + 'static) {
    #[cfg(feature = "hydrate")]
    pieces::when_whole(Box::new(act));
    #[cfg(not(feature = "hydrate"))]
    drop(act);
}

#[cfg(feature = "hydrate")]
pub use pieces::{Turn, hydrate_body};

#[cfg(feature = "hydrate")]
mod pieces {
    use any_spawner::Executor;
    use hydration_context::{HydrateSharedContext, SharedContext};
    use leptos::{
        prelude::*,
        tachys::{
            dom::body,
            html::attribute::{Attribute, any_attribute::AnyAttribute},
            hydration::Cursor,
            renderer::types::{Element, Node},
            view::{Mountable, Position, PositionState, Render, RenderHtml, add_attr::AddAnyAttr, any_view::AnyViewState},
        },
    };
    use std::{
        cell::{Cell, RefCell},
        collections::VecDeque,
        mem,
        rc::{Rc, Weak},
        sync::Arc,
        time::Duration,
    };
    use wasm_bindgen::{JsCast, closure::Closure};
    use web_sys::{Event, EventTarget, HtmlElement};

    /// A task of work that can be left and taken up again.
    pub struct Turn(f64);

    impl Turn {
        /// So many milliseconds: a quarter of a frame, because a phone is four times slower.
        const MOST: f64 = 4.0;

        /// Begins now.
        pub fn begin() -> Self {
            Self(milliseconds())
        }

        /// The rest belongs into another task.
        pub fn is_over(&self) -> bool {
            milliseconds() - self.0 > Self::MOST
        }
    }

    thread_local! {
        static IS_HYDRATING: Cell<bool> = const { Cell::new(false) };
        /// In the order of the document, outer ones first.
        static WAITING: RefCell<VecDeque<Step>> = const { RefCell::new(VecDeque::new()) };
        static AFTERWARDS: RefCell<Vec<Box<dyn FnOnce()>>> = const { RefCell::new(Vec::new()) };
    }

    /// What a task begins with.
    enum Step {
        /// Not held: a piece may be gone before its turn.
        Piece(Weak<RefCell<Slot>>),
        Act(Owner, Box<dyn FnOnce()>),
    }

    impl Step {
        fn take(self) {
            match self {
                Self::Piece(slot) => drop(slot.upgrade().map(|slot| slot.borrow_mut().wake().is_some())),
                Self::Act(owner, act) => owner.with(act),
            }
        }
    }

    /// Hydrates what the server wrote into `<body>`: what is outside of pieces at once, each piece in a task of its own.
    pub fn hydrate_body<N: IntoView>(app: impl FnOnce() -> N + 'static) {
        IS_HYDRATING.set(true);
        leave_to_browser();
        // It fails if it was done before, which does no harm.
        let _ = Executor::init_wasm_bindgen();
        let shared = Arc::new(HydrateSharedContext::new());
        let owner = Owner::new_root(Some(Arc::<HydrateSharedContext>::clone(&shared)));
        let state = owner.with(|| app().into_view().hydrate::<true>(&Cursor::new(body().unchecked_into()), &PositionState::default()));
        // As long as the tab is open.
        mem::forget((owner, state));
        go_on(shared);
    }

    /// The next pieces, in a task of their own.
    fn go_on(shared: Arc<HydrateSharedContext>) {
        let task = move || {
            let turn = Turn::begin();
            while let Some(step) = WAITING.with_borrow_mut(VecDeque::pop_front) {
                step.take();
                // Somebody who has pressed a button waits for all of it.
                if turn.is_over() && pressed().is_none() {
                    return go_on(shared);
                }
            }
            shared.hydration_complete();
            IS_HYDRATING.set(false);
            for act in AFTERWARDS.take() {
                act();
            }
        };
        set_timeout(task, Duration::ZERO);
    }

    /// Of the page's own clock, finer than the day's.
    fn milliseconds() -> f64 {
        window().performance().map_or(0.0, |clock| clock.now())
    }

    pub(super) fn ahead(act: Box<dyn FnOnce()>) {
        if IS_HYDRATING.get() {
            let owner = Owner::current().unwrap_or_default();
            WAITING.with_borrow_mut(|waiting| waiting.push_back(Step::Act(owner, act)));
        }
    }

    pub(super) fn when_whole(act: Box<dyn FnOnce()>) {
        if IS_HYDRATING.get() {
            AFTERWARDS.with_borrow_mut(|afterwards| afterwards.push(act));
        } else {
            act();
        }
    }

    /// The button that waits for the page to be whole. The shell marks one that is pressed before the program is here.
    fn pressed() -> Option<HtmlElement> {
        document().query_selector("[data-pressed]").ok().flatten()?.dyn_into().ok()
    }

    /// Until the page is whole the browser follows links itself: the router would take away what has not been hydrated yet. Buttons
    /// are pressed once it is, the last of them: what they do moves signals.
    fn leave_to_browser() {
        window().set_onclick(None);
        when_whole(Box::new(|| {
            // After the effects of the last piece.
            let press = || {
                if let Some(button) = pressed() {
                    let _ = button.remove_attribute("data-pressed");
                    button.click();
                }
            };
            set_timeout(press, Duration::ZERO);
        }));
        let begun = document_address();
        listen_until_whole("click", follow);
        listen_until_whole("popstate", move |event| {
            // Another place on the same page takes nothing away.
            if document_address() != begun {
                event.stop_immediate_propagation();
                let _ = location().reload();
            }
        });
    }

    fn listen_until_whole(name: &'static str, act: impl Fn(Event) + 'static) {
        let window: EventTarget = window().into();
        let function = Closure::<dyn Fn(Event)>::new(act).into_js_value();
        let _ = window.add_event_listener_with_callback_and_bool(name, function.unchecked_ref(), true);
        when_whole(Box::new(move || {
            let _ = window.remove_event_listener_with_callback_and_bool(name, function.unchecked_ref(), true);
        }));
    }

    fn follow(event: Event) {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        // Other buttons send their form, as they do without scripts.
        let Some(found) = target.and_then(|element| element.closest("a[href], button[type=button]").ok().flatten()) else { return };
        event.stop_propagation();
        if !found.has_attribute("href") {
            if let Some(earlier) = pressed() {
                let _ = earlier.remove_attribute("data-pressed");
            }
            let _ = found.set_attribute("data-pressed", "");
        }
    }

    /// Of the page, without the place on it.
    fn document_address() -> Option<(String, String)> {
        let here = location();
        here.pathname().ok().zip(here.search().ok())
    }

    /// Children that may wait.
    pub(super) struct Piece {
        children: Children,
        owner: Owner,
    }

    impl Piece {
        pub(super) fn new(children: Children) -> Self {
            Self { children, owner: Owner::current().unwrap_or_default() }
        }
    }

    /// Where a piece stands.
    pub(super) enum Slot {
        /// The server's element, and what it will be.
        Waiting(Element, Option<Piece>),
        Here(AnyViewState),
    }

    impl Slot {
        /// Hydrates it, if that is still to be done.
        fn wake(&mut self) -> Option<&mut AnyViewState> {
            if let Self::Waiting(element, piece) = self {
                let Piece { children, owner } = piece.take()?;
                let (cursor, position) = (Cursor::new(element.clone()), PositionState::new(Position::Current));
                *self = Self::Here(owner.with(|| children().hydrate::<true>(&cursor, &position)));
            }
            match self {
                Self::Here(state) => Some(state),
                Self::Waiting(..) => None,
            }
        }
    }

    impl Render for Piece {
        type State = Rc<RefCell<Slot>>;

        fn build(self) -> Self::State {
            Rc::new(RefCell::new(Slot::Here((self.children)().build())))
        }

        fn rebuild(self, state: &mut Self::State) {
            if let Some(state) = state.borrow_mut().wake() {
                (self.children)().rebuild(state);
            }
        }
    }

    impl RenderHtml for Piece {
        type AsyncOutput = Self;
        type Owned = Self;

        const MIN_LENGTH: usize = 0;

        fn dry_resolve(&mut self) {}

        async fn resolve(self) -> Self {
            self
        }

        fn to_html_with_buf(self, buf: &mut String, position: &mut Position, escape: bool, mark_branches: bool, extra: Vec<AnyAttribute>) {
            (self.children)().to_html_with_buf(buf, position, escape, mark_branches, extra);
        }

        fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> Self::State {
            match position.get() {
                Position::FirstChild => cursor.child(),
                Position::Current => {}
                _ => cursor.sibling(),
            }
            position.set(Position::NextChild);
            let slot = Rc::new(RefCell::new(Slot::Waiting(cursor.current().unchecked_into(), Some(self))));
            if IS_HYDRATING.get() {
                WAITING.with_borrow_mut(|waiting| waiting.push_back(Step::Piece(Rc::downgrade(&slot))));
            } else {
                slot.borrow_mut().wake();
            }
            slot
        }

        fn into_owned(self) -> Self {
            self
        }
    }

    impl AddAnyAttr for Piece {
        type Output<Added: Attribute> = Self;

        /// Attributes belong on the element within.
        fn add_any_attr<Added: Attribute>(self, _: Added) -> Self {
            self
        }
    }

    impl Mountable for Slot {
        fn unmount(&mut self) {
            match self {
                Self::Waiting(element, piece) => {
                    *piece = None;
                    element.unmount();
                }
                Self::Here(state) => state.unmount(),
            }
        }

        fn mount(&mut self, parent: &Element, before: Option<&Node>) {
            match self {
                Self::Waiting(element, _) => element.mount(parent, before),
                Self::Here(state) => state.mount(parent, before),
            }
        }

        fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
            match self {
                Self::Waiting(element, _) => element.insert_before_this(child),
                Self::Here(state) => state.insert_before_this(child),
            }
        }

        fn elements(&self) -> Vec<Element> {
            match self {
                Self::Waiting(element, _) => vec![element.clone()],
                Self::Here(state) => state.elements(),
            }
        }
    }
}
