//! Keys to sign mail with, made for the page that asks for them: one at a time, beside the threads that answer.

use super::Post;
use app::context::MailKeys;
use engine::store::mail_keys::Pair;
use std::sync::Arc;

impl Post {
    /// What makes and seals keys.
    pub fn keys_to_sign(&self) -> MailKeys {
        let post = self.clone();
        let make = move || {
            let post = post.clone();
            let made: app::context::Making = Box::pin(async move {
                // A key costs some tenths of a second of a processor: nobody keeps all of them busy by asking.
                let _one = post.0.making.lock().await;
                let pair = tokio::task::spawn_blocking(::post::key::pair).await.map_err(|e| e.to_string())?;
                pair.map(|pair| Pair { secret: pair.secret, public: pair.public }).map_err(|e| e.to_string())
            });
            made
        };
        MailKeys { vault: self.0.vault.clone(), make: Arc::new(make) }
    }
}
