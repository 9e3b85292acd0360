//! A partner's look: the form, what is refused, and that documents follow it.

use crate::portal::{Answer, TestApp, Who};
use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Four blue points.
const LOGO: &str = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAYAAABytg0kAAAAEUlEQVR4nGPgjun7D8IMMAYAQEYH0YhuHrIAAAAASUVORK5CYII=";

/// Sends the form as a browser does.
async fn send(app: &TestApp, who: &Who, texts: &[(&str, &str)], logo: &[u8]) -> Answer {
    let mut body = Vec::new();
    for (name, text) in texts {
        body.extend_from_slice(format!("--limit\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n").as_bytes());
    }
    let head = "--limit\r\ncontent-disposition: form-data; name=\"logo\"; filename=\"logo.png\"\r\ncontent-type: image/png\r\n\r\n";
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(logo);
    body.extend_from_slice(b"\r\n--limit--\r\n");
    let request = Request::builder()
        .method(Method::POST)
        .uri("/branding")
        .header("content-type", "multipart/form-data; boundary=limit")
        .header("sec-fetch-site", "same-origin");
    app.raw(who, request, Body::from(body)).await
}

fn leads_to(answer: &Answer) -> &str {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    answer.headers["location"].to_str().unwrap()
}

#[tokio::test]
async fn a_saved_look_is_on_the_page_and_in_documents() {
    let app = TestApp::new().await;
    let logo = STANDARD.decode(LOGO).unwrap();
    assert_eq!(app.get(&app.owner, "/branding/logo.png").await.status, StatusCode::NOT_FOUND);
    let texts = [("name", "Nordwind IT"), ("colour", "#0B5C8E"), ("footer", "Hafenstraße 12")];
    assert_eq!(leads_to(&send(&app, &app.owner, &texts, &logo).await), "/settings/branding?saved");
    let shown = app.get(&app.owner, "/branding/logo.png").await;
    assert_eq!((shown.headers["content-type"].to_str().unwrap(), &shown.body), ("image/png", &logo));
    let page = app.get(&app.owner, "/settings/branding").await.text();
    assert!(
        page.contains("Nordwind IT") && page.contains("#0b5c8e") && page.contains("Hafenstraße 12") && page.contains("/branding/logo.png")
    );
    let first = app.get(&app.owner, "/branding/preview.pdf").await;
    assert!(first.status == StatusCode::OK && first.body.starts_with(b"%PDF-1.7"));

    // Without a file the logo stays; with the tick it goes.
    assert_eq!(leads_to(&send(&app, &app.owner, &texts, b"").await), "/settings/branding?saved");
    assert!(app.get(&app.owner, "/branding/preview.pdf").await.body == first.body, "the same look gives the same bytes");
    assert_eq!(leads_to(&send(&app, &app.owner, &[("remove_logo", "true")], b"").await), "/settings/branding?saved");
    assert_eq!(app.get(&app.owner, "/branding/logo.png").await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.get(&app.foreign_owner, "/branding/logo.png").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_wrong_with_a_look_is_said_at_its_field_and_what_was_typed_stays() {
    let app = TestApp::new().await;
    let long = "x".repeat(201);
    let cut = &STANDARD.decode(LOGO).unwrap()[..40];
    let large = vec![0; 201 * 1024];
    for (texts, logo, field) in [
        ([("colour", "blue"), ("name", "N")], &b""[..], "colour"),
        ([("footer", long.as_str()), ("name", "N")], b"", "footer"),
        ([("colour", "#000000"), ("name", "N")], b"<svg/>", "logo"),
        ([("colour", "#000000"), ("name", "N")], cut, "logo"),
        ([("colour", "#000000"), ("name", "N")], &large, "logo"),
    ] {
        let answer = send(&app, &app.owner, &texts, logo).await;
        let to = leads_to(&answer);
        assert!(to.contains(&format!("&field={field}")) && to.contains("&name=N"), "{to}");
        let page = app.get(&app.owner, to).await.text();
        assert!(page.contains("field-error") && page.contains("value=\"N\""), "{page}");
    }
    assert_eq!(app.get(&app.owner, "/branding/logo.png").await.status, StatusCode::NOT_FOUND, "nothing of it was kept");
}

#[tokio::test]
async fn an_address_puts_no_words_of_its_own_on_the_page_and_stays_short() {
    let app = TestApp::new().await;
    let page = app.get(&app.owner, "/settings/branding?fault=Call+0800+1234&field=name").await.text();
    assert!(page.contains("It was not saved") && !page.contains("Call 0800"), "{page}");
    let long = "ж".repeat(20_000);
    let answer = send(&app, &app.owner, &[("name", &long), ("footer", &long), ("colour", &long)], b"").await;
    assert!(leads_to(&answer).len() < 4_000, "{}", leads_to(&answer).len());
}
