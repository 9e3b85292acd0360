//! Documented answers of Microsoft and Google, and what each means.

use domain::{consent::Cause, saas::Service};
use providers::{Kind, Refusal};

use Kind::{Gone, OurBug, OurSecret, Passing};

/// As Microsoft writes errors: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
fn microsoft(error: &str, code: u32, words: &str) -> String {
    format!(
        r#"{{"error":"{error}","error_description":"AADSTS{code}: {words} Trace ID: 0000aaaa-11bb-cccc-dd22-eeeeee333333 Correlation ID: aaaa0000-bb11-2222-33cc-444444dddddd Timestamp: 2026-11-20 22:00:00Z","error_codes":[{code}],"timestamp":"2026-11-20 22:00:00Z","trace_id":"0000aaaa-11bb-cccc-dd22-eeeeee333333","correlation_id":"aaaa0000-bb11-2222-33cc-444444dddddd","error_uri":"https://login.microsoftonline.com/error?code={code}"}}"#
    )
}

#[test]
fn every_answer_of_microsoft_is_told_apart_by_status_and_error() {
    for (status, error, code, kind, cause) in [
        (400, "invalid_grant", 700_082, Gone, Cause::Unused),
        (400, "invalid_grant", 50_173, Gone, Cause::Revoked),
        (400, "invalid_grant", 50_132, Gone, Cause::Revoked),
        (400, "invalid_grant", 50_133, Gone, Cause::Revoked),
        (400, "invalid_grant", 70_043, Gone, Cause::SignInFrequency),
        (400, "invalid_grant", 70_008, Gone, Cause::Ended),
        (400, "invalid_grant", 65_001, Gone, Cause::NotConsented),
        (400, "invalid_grant", 50_057, Gone, Cause::AccountDisabled),
        (400, "consent_required", 65_001, Gone, Cause::NotConsented),
        (400, "consent_required", 65_004, Gone, Cause::NotConsented),
        (400, "consent_required", 650_056, Gone, Cause::NotConsented),
        (400, "interaction_required", 50_076, Gone, Cause::SecondFactor),
        (400, "interaction_required", 50_079, Gone, Cause::SecondFactor),
        (400, "interaction_required", 50_158, Gone, Cause::SecondFactor),
        (400, "interaction_required", 53_000, Gone, Cause::AccessRule),
        (400, "interaction_required", 53_003, Gone, Cause::AccessRule),
        (400, "interaction_required", 50_105, Gone, Cause::NotAssigned),
        (400, "invalid_grant", 4_242, Gone, Cause::Refused),
        (400, "temporarily_unavailable", 90_033, Passing, Cause::Refused),
        (400, "temporarily_unavailable", 90_012, Passing, Cause::Refused),
        (400, "server_error", 90_024, Passing, Cause::Refused),
        // A fault of Microsoft's own that comes with a word of the grant.
        (400, "invalid_grant", 50_033, Passing, Cause::Refused),
        (400, "invalid_grant", 50_087, Passing, Cause::Refused),
        (400, "invalid_grant", 80_005, Passing, Cause::Refused),
        (400, "invalid_request", 90_006, Passing, Cause::Refused),
        (503, "invalid_grant", 50_173, Passing, Cause::Revoked),
        (429, "invalid_client", 7_000_215, Passing, Cause::Refused),
        (401, "invalid_client", 7_000_215, OurSecret, Cause::Refused),
        (401, "invalid_client", 7_000_222, OurSecret, Cause::Refused),
        (400, "invalid_request", 900_144, OurBug, Cause::Refused),
        (400, "invalid_scope", 70_011, OurBug, Cause::Refused),
        (400, "unauthorized_client", 700_016, OurBug, Cause::Refused),
        (400, "unheard_of", 1, OurBug, Cause::Refused),
    ] {
        let refusal = Refusal::of_answer(status, microsoft(error, code, "The provided grant can't be used.").as_bytes());
        assert_eq!((refusal.kind, Cause::of(&refusal.code)), (kind, cause), "{status} {error} {code}");
        assert_eq!(refusal.code, format!("AADSTS{code}"));
        assert_eq!(refusal.detail, format!("AADSTS{code}: The provided grant can't be used."), "without ids that change each time");
        assert!(!refusal.advice(Service::Microsoft365).is_empty());
    }
}

#[test]
fn every_answer_of_google_is_told_apart_by_status_and_error() {
    for (status, body, kind, code) in [
        (400, r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#, Gone, "invalid_grant"),
        (400, r#"{"error":"invalid_grant","error_description":"Bad Request"}"#, Gone, "invalid_grant"),
        (
            400,
            r#"{"error":"invalid_grant","error_description":"reauth related error (invalid_rapt)","error_uri":"https://support.google.com/a/answer/9368756","error_subtype":"invalid_rapt"}"#,
            Gone,
            "invalid_grant/invalid_rapt",
        ),
        (401, r#"{"error":"invalid_client","error_description":"The OAuth client was not found."}"#, OurSecret, "invalid_client"),
        (400, r#"{"error":"invalid_scope","error_description":"Some requested scopes were invalid."}"#, OurBug, "invalid_scope"),
        (400, r#"{"error":"invalid_request"}"#, OurBug, "invalid_request"),
        (403, r#"{"error":"access_denied"}"#, OurBug, "access_denied"),
        (500, r#"{"error":"internal_failure"}"#, Passing, "internal_failure"),
        (503, "<html>Service Unavailable</html>", Passing, "http_503"),
        (429, "", Passing, "http_429"),
        (408, "", Passing, "http_408"),
        (404, "not here", OurBug, "http_404"),
    ] {
        let refusal = Refusal::of_answer(status, body.as_bytes());
        assert_eq!((refusal.kind, refusal.code.as_str()), (kind, code), "{status} {body}");
        assert!(!refusal.advice(Service::GoogleWorkspace).is_empty());
    }
}

#[test]
fn whoever_cancels_at_the_provider_is_told_so_and_a_fault_there_passes() {
    let cancelled = Refusal::of_callback("access_denied", "AADSTS65004: User declined to consent to access the app.");
    assert_eq!((cancelled.kind, Cause::of(&cancelled.code)), (Gone, Cause::NotConsented));
    assert_eq!(Refusal::of_callback("temporarily_unavailable", "").kind, Passing);
    assert_eq!(Refusal::of_callback("invalid_request", "AADSTS50011: The redirect URI does not match.").kind, OurBug);
}

#[test]
fn what_a_provider_says_is_kept_as_words_only() {
    let refusal = Refusal::of_answer(400, br#"{"error":"<script>\n","error_description":"one\u0007 line\nanother"}"#);
    assert_eq!((refusal.code.as_str(), refusal.detail.as_str()), ("script", "one line"));
}
