//! The walk over routes that pages lead to beside their server functions: consent, documents, the partner's look and its weekly summary.

use super::{
    outcome,
    tenant::{MONTH, Tenant},
};
use crate::portal::{TestApp, Who};
use axum::{body::Body, http::Request};
use server::{
    consent,
    http::{branding, documents, monthly, outbox, weekly},
};
use std::fmt::Write;

/// Forms that lead to providers of SaaS and back; none is set up here.
pub(super) async fn forms(app: &TestApp, tenants: &[Tenant], callers: &[Who], secrets: &[String], matrix: &mut String) {
    for (method, route) in consent::routes::ROUTES {
        let _ = writeln!(matrix, "\n{method} {route}");
        for tenant in tenants {
            let _ = write!(matrix, "  {:<13}", tenant.name);
            for who in callers {
                let (path, form) = match route {
                    "/consent/begin" => (route.to_owned(), format!("organization={}&service=google_workspace", tenant.client.organization)),
                    "/consent/check" => (route.to_owned(), format!("connection={}", tenant.connection)),
                    "/consent/callback" => (format!("{route}?state=unknown&code=1"), String::new()),
                    _ => panic!("{method} {route} has no row: add it to `forms`"),
                };
                let request = Request::builder()
                    .method(method)
                    .uri(&path)
                    .header("content-type", "application/x-www-form-urlencoded")
                    .header("sec-fetch-site", "same-origin");
                let answer = app.raw(who, request, Body::from(form)).await;
                let word = outcome(who, &format!("{method} {path}"), &answer, secrets);
                assert!(who.1.is_some() || word == "401", "nobody: {method} {route}: {word}");
                let _ = write!(matrix, " {word:<4}");
            }
            *matrix = matrix.trim_end().to_owned() + "\n";
        }
    }
}

/// Documents to take away.
pub(super) async fn documents_of(app: &TestApp, tenants: &[Tenant], callers: &[Who], secrets: &[String], matrix: &mut String) {
    for (method, route) in documents::ROUTES.into_iter().chain(monthly::ROUTES).chain(outbox::ROUTES) {
        let _ = writeln!(matrix, "\n{method} {route}");
        for tenant in tenants {
            let _ = write!(matrix, "  {:<13}", tenant.name);
            for who in callers {
                let path = match route {
                    "/backups/compliance.csv" => {
                        format!("{route}?from=2026-01-01&to=2026-01-31&organization={}", tenant.client.organization)
                    }
                    "/organizations/{id}/backup-summary-reports/{month}/{file}" => {
                        format!("/organizations/{}/backup-summary-reports/{MONTH}/organization.csv", tenant.client.organization)
                    }
                    "/outbox/{file}" => format!("/outbox/{}.txt", tenant.copy),
                    "/reports/{file}" => format!("/reports/{}.pdf", tenant.report),
                    _ => panic!("{method} {route} has no row: add it to `documents_of`"),
                };
                let request = Request::builder().method(method).uri(&path);
                let answer = app.raw(who, request, Body::empty()).await;
                let word = outcome(who, &format!("{method} {path}"), &answer, secrets);
                assert!(who.1.is_some() || word == "401", "nobody: {method} {route}: {word}");
                let _ = write!(matrix, " {word:<4}");
            }
            *matrix = matrix.trim_end().to_owned() + "\n";
        }
    }
}

/// The look and the weekly summary of the caller's own partner: an address names no tenant.
pub(super) async fn branding_of(app: &TestApp, callers: &[Who], secrets: &[String], matrix: &mut String) {
    for (method, route) in branding::ROUTES.into_iter().chain(weekly::ROUTES) {
        let _ = write!(matrix, "\n{method} {route}\n  {:<13}", "own");
        for who in callers {
            let path = route.replace("{file}", "preview.txt");
            let mut request = Request::builder().method(method).uri(path).header("sec-fetch-site", "same-origin");
            let mut body = Body::empty();
            if method == "POST" {
                request = request.header("content-type", "multipart/form-data; boundary=x");
                body = Body::from("--x\r\ncontent-disposition: form-data; name=\"colour\"\r\n\r\nred\r\n--x--\r\n");
            }
            let answer = app.raw(who, request, body).await;
            let word = outcome(who, &format!("{method} {route}"), &answer, secrets);
            assert!(who.1.is_some() || word == "401", "nobody: {method} {route}: {word}");
            let _ = write!(matrix, " {word:<4}");
        }
        *matrix = matrix.trim_end().to_owned() + "\n";
    }
}
