//! What comes with a ping, as far as it is kept.

use axum::body::{Body, Bytes};
use futures_util::StreamExt;
use std::collections::VecDeque;

/// Bytes of a body that are kept, announced in `Ping-Body-Limit`.
pub const KEPT: usize = 100_000;
/// A body longer than this is not read to its end.
const READ: usize = 10 << 20;

/// The body, at most [`KEPT`] bytes: a longer one keeps its head and more of its tail, where the end is told.
pub(super) async fn kept(body: Body) -> Bytes {
    let mut stream = body.into_data_stream();
    let mut head: Vec<u8> = Vec::new();
    let mut tail: VecDeque<u8> = VecDeque::new();
    let mut seen = 0;
    while let Some(Ok(piece)) = stream.next().await {
        seen += piece.len();
        let room = (KEPT / 4).saturating_sub(head.len()).min(piece.len());
        head.extend_from_slice(&piece[..room]);
        tail.extend(&piece[room..]);
        let over = tail.len().saturating_sub(KEPT - KEPT / 4);
        tail.drain(..over);
        if seen > READ {
            break;
        }
    }
    let cut = seen > head.len() + tail.len();
    if cut {
        head.extend_from_slice(b"\n[...]\n");
    }
    head.extend(tail);
    head.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_long_body_keeps_its_head_and_tail() {
        let body = kept(Body::from(format!("HEAD{}TAIL", "x".repeat(300_000)))).await;
        assert!(body.starts_with(b"HEAD") && body.ends_with(b"TAIL") && body.len() <= KEPT + 10);
        assert_eq!(kept(Body::from("short")).await, "short");
    }
}
