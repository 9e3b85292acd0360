//! One copy on its way: made a message, and taken to the mail server step by step, or written into the folder; and what its answers, and its
//! silence, mean for the copy.

use super::{
    Out, Outage, Post, folder,
    made::{self, Made},
    session::{Session, Stop, Way},
};
use domain::time::Span;
use engine::store::mails::{self, Claim, Outcome};
use post::{
    reply::{Step, Verdict},
    stamp::Purpose,
};
use std::time::Duration;

/// All steps before the last byte; well within the lease of a claim.
const BEFORE: Duration = Duration::from_secs(480);
/// While the mail server can't be reached, all copies wait so long between two tries, and longer each time up to the second.
const OUTAGE: (Span, Span) = (Span(15_000), Span::minutes(5));

/// What became of one copy.
pub(super) enum Tried {
    /// To be stored.
    Came(Outcome),
    /// It wasn't ours any more: nothing is known, and nothing was sent.
    TooLate,
}

impl Post {
    pub(super) async fn send(&self, claim: &Claim, session: &mut Option<Session>) -> Tried {
        let bytes = match self.made(&Made::of(claim)).await {
            Ok(bytes) => bytes,
            Err(made::NotMade::Later(why)) => return Tried::Came(Outcome::Deferred(why)),
            Err(made::NotMade::Never(why)) => return Tried::Came(Outcome::Failed(why)),
        };
        match &self.0.out {
            Out::Folder(folder) => Tried::Came(match folder::write(folder, &format!("{}.eml", claim.id), &bytes).await {
                Ok(()) => Outcome::Sent(format!("Written to the outbox folder as {}.eml", claim.id)),
                Err(error) => Outcome::Deferred(format!("The outbox folder can't be written: {error}")),
            }),
            Out::Server(way) => self.hand(way, claim, &bytes, session).await,
        }
    }

    async fn hand(&self, way: &Way, claim: &Claim, bytes: &[u8], kept: &mut Option<Session>) -> Tried {
        let to = match post::message::address(&claim.recipient) {
            Ok(address) => address.to_string(),
            Err(error) => return Tried::Came(Outcome::Failed(error.to_string())),
        };
        let from = match &self.0.bounce_domain {
            Some(domain) => format!("b-{}@{domain}", self.0.keys.write(Purpose::Bounce, claim.partner, claim.id)),
            None => self.0.from.1.clone(),
        };
        let begun = tokio::time::timeout(BEFORE, self.begin(way, (&from, &to), bytes, kept)).await;
        let begun = begun.unwrap_or_else(|_| Err(Stop::Lost(Step::Data, "it took too long".into())));
        let mut session = match begun {
            Ok(session) => session,
            Err(stop) => return Tried::Came(refused(&stop)),
        };
        // Durable before the last byte.
        match mails::hand_over(&self.0.engine.store, claim, self.now()).await {
            Ok(true) => {}
            Ok(false) => return Tried::TooLate,
            Err(error) => return Tried::Came(Outcome::Deferred(format!("The hand-over could not be stored: {error}"))),
        }
        match session.end().await {
            Ok(reply) => {
                *kept = Some(session);
                Tried::Came(Outcome::Sent(reply.said()))
            }
            Err(stop @ Stop::No(..)) => {
                if session.reset().await {
                    *kept = Some(session);
                }
                Tried::Came(refused(&stop))
            }
            Err(Stop::Lost(_, why)) => {
                let said = format!(
                    "The message was sent whole, and then no answer came ({why}): it may have arrived. Send it again if it has not."
                );
                Tried::Came(Outcome::InDoubt(said))
            }
        }
    }

    /// All steps before the last byte. A conversation that is kept from the copy before may have ended meanwhile: then a fresh one.
    async fn begin(&self, way: &Way, (from, to): (&str, &str), bytes: &[u8], kept: &mut Option<Session>) -> Result<Session, Stop> {
        if let Some(mut session) = kept.take() {
            match session.begin(from, to, bytes.len()).await {
                Ok(()) => {
                    session.body(bytes).await?;
                    return Ok(session);
                }
                Err(Stop::Lost(..)) | Err(Stop::No(Step::Sender, _)) => {}
                Err(no) => {
                    if session.reset().await {
                        *kept = Some(session);
                    }
                    return Err(no);
                }
            }
        }
        let mut session = match Session::open(way).await {
            Ok(session) => session,
            Err(stop) => {
                self.outage(&stop);
                return Err(stop);
            }
        };
        *self.0.outage.lock() = Outage::default();
        if let Err(stop) = session.begin(from, to, bytes.len()).await {
            if matches!(stop, Stop::No(..)) && session.reset().await {
                *kept = Some(session);
            }
            return Err(stop);
        }
        session.body(bytes).await?;
        Ok(session)
    }

    /// The mail server can't be used: the others needn't find that out, each by itself.
    fn outage(&self, stop: &Stop) {
        let mut outage = self.0.outage.lock();
        outage.faults = outage.faults.saturating_add(1);
        let pause = Span((OUTAGE.0.0 << outage.faults.clamp(1, 8).saturating_sub(1)).min(OUTAGE.1.0));
        outage.until = Some(self.now() + pause);
        if outage.faults == 1 {
            tracing::warn!(why = said(stop), "the mail server can't be used: mail waits");
        }
    }
}

fn said(stop: &Stop) -> String {
    match stop {
        Stop::No(Step::SignIn, reply) if reply.code >= 500 => {
            format!("The mail server doesn't take the portal's name and password (setting HOLDFAST_SMTP_URL): {}", reply.said())
        }
        Stop::No(step, reply) => format!("{}: {}", step.name(), reply.said()),
        Stop::Lost(_, why) => why.clone(),
    }
}

/// What follows from a no, or from silence before the last byte.
fn refused(stop: &Stop) -> Outcome {
    match stop {
        Stop::No(step, reply) => match reply.verdict(*step) {
            Verdict::Later => Outcome::Deferred(said(stop)),
            Verdict::NoSuchAddress => Outcome::Bounced(reply.said()),
            Verdict::Refused => Outcome::Failed(said(stop)),
        },
        Stop::Lost(..) => Outcome::Deferred(said(stop)),
    }
}
