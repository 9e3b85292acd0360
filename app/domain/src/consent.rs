//! Why a provider refuses a connection's consent, and what to do about it. The provider's code only words the advice: whether
//! consent is gone was decided before, on the HTTP status and `error`.

use crate::saas::Service;
use serde::{Deserialize, Serialize};

/// Why consent is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Not used for so long that the provider dropped it.
    Unused,
    /// Somebody took it back, or the password was changed.
    Revoked,
    /// The organization asks its people to sign in again and again.
    SignInFrequency,
    /// Its time is over.
    Ended,
    /// Nobody has consented to what is asked for, or somebody declined.
    NotConsented,
    /// A second factor is wanted of the person who consented.
    SecondFactor,
    /// A rule of the organization keeps the sign-in out.
    AccessRule,
    /// The person who consented isn't assigned to the application.
    NotAssigned,
    /// The account of the person who consented is switched off.
    AccountDisabled,
    /// A renewal was cut short: the provider may have given a new token that never arrived.
    CutShort,
    /// Refused without telling why.
    Refused,
}

/// Code of a renewal that was cut short; no provider says it.
pub const CUT_SHORT: &str = "renewal_cut_short";

impl Cause {
    /// The cause that a provider's code means: `AADSTS…` of Microsoft, or the `error` itself.
    pub fn of(code: &str) -> Self {
        match code.strip_prefix("AADSTS").unwrap_or(code) {
            "700082" => Self::Unused,
            "50173" | "50132" | "50133" => Self::Revoked,
            "70043" => Self::SignInFrequency,
            "70008" => Self::Ended,
            "65001" | "65004" | "650056" | "consent_required" | "access_denied" => Self::NotConsented,
            "50076" | "50079" | "50158" | "interaction_required" => Self::SecondFactor,
            "53000" | "53001" | "53002" | "53003" => Self::AccessRule,
            "50105" => Self::NotAssigned,
            "50057" => Self::AccountDisabled,
            CUT_SHORT => Self::CutShort,
            _ => Self::Refused,
        }
    }

    /// What happened, as a sentence.
    pub const fn told(self) -> &'static str {
        match self {
            Self::Unused => "The authorization was not used for so long that the provider dropped it.",
            Self::Revoked => "The authorization was revoked, or the password of the person who gave it was changed.",
            Self::SignInFrequency => "The organization's sign-in frequency asks its administrator to sign in again.",
            Self::Ended => "The authorization has reached the end of its time.",
            Self::NotConsented => "Nobody with the right to do so has consented to what the backup needs.",
            Self::SecondFactor => "The provider asks the person who authorized for a second factor or another sign-in.",
            Self::AccessRule => "A conditional access rule of the organization keeps the backup out.",
            Self::NotAssigned => "The person who authorized is not assigned to the application.",
            Self::AccountDisabled => "The account of the person who authorized is disabled.",
            Self::CutShort => "A renewal was cut short, and the provider no longer takes the token that is left.",
            Self::Refused => "The authorization was revoked, has ended, or was not used for too long.",
        }
    }

    /// What to do, as a sentence.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Unused | Self::Ended | Self::CutShort => "Re-authorize the connection.",
            Self::Revoked => {
                "Ask the organization whether access was taken back on purpose; if not, re-authorize with an administrator's account."
            }
            Self::SignInFrequency => {
                "Re-authorize, and ask the organization to exclude the backup's account from its sign-in frequency, or it will end again."
            }
            Self::NotConsented => "Re-authorize with a global administrator's account, and accept the rights that are asked for.",
            Self::SecondFactor => "Re-authorize and pass the second factor; a service account with a lasting rule spares doing it again.",
            Self::AccessRule => "Ask the organization to let the backup application pass its conditional access rules, then re-authorize.",
            Self::NotAssigned => {
                "Ask the organization to assign that person to the enterprise application, or re-authorize with somebody who is."
            }
            Self::AccountDisabled => "Re-authorize with the account of an administrator who is still there.",
            Self::Refused => {
                "Re-authorize with an administrator's account. With Google it ends after six months without use, when a password is \
                 changed, and after seven days while the application is in testing."
            }
        }
    }
}

/// What whoever runs the portal has to set before a service can be connected.
pub fn how_to_set_up(service: Service) -> String {
    let word = match service {
        Service::Microsoft365 => "MICROSOFT",
        Service::GoogleWorkspace => "GOOGLE",
    };
    format!(
        "Whoever runs it has to register it at the provider, set HOLDFAST_{word}_CLIENT_ID, and put the client secret into the secrets file."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_with_and_without_its_prefix_and_an_unknown_one_still_has_advice() {
        assert_eq!(Cause::of("AADSTS50173"), Cause::Revoked);
        assert_eq!(Cause::of("700082"), Cause::Unused);
        assert_eq!(Cause::of("invalid_grant"), Cause::Refused);
        assert_eq!(Cause::of("AADSTS99999"), Cause::Refused);
        assert_eq!(Cause::of(CUT_SHORT), Cause::CutShort);
    }
}
