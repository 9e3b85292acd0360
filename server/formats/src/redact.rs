//! Takes out what looks like a secret: passwords in addresses, variables and options named like secrets, bearer tokens,
//! keys of ours, private key blocks. Rather too much than too little; ordinary sentences stay as they are.

const MASK: &str = "***";

/// Words that make a name a secret's name, in lower case.
const SECRET_WORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "api_key",
    "apikey",
    "api-key",
    "access_key",
    "access-key",
    "account_key",
    "private_key",
    "credential",
    "signature",
];
/// Names that only say where the secret is.
const POINTERS: &[&str] = &["_file", "-file", "_command", "-command", "_fd", "-fd", "passcommand", "_id", "-id"];

/// The text without secrets.
pub fn redact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_key_block = false;
    for line in text.split_inclusive('\n') {
        if line.contains("-----BEGIN ") && line.contains("PRIVATE KEY") {
            in_key_block = true;
            out.push_str("[private key]\n");
        }
        if in_key_block {
            in_key_block = !line.contains("-----END ");
            continue;
        }
        redact_line(line, &mut out);
    }
    out
}

fn redact_line(line: &str, out: &mut String) {
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if is_name(first) {
            let end = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            if word.starts_with("hf_") && word.len() > 8 {
                out.push_str("hf_***");
                rest = behind;
                continue;
            }
            out.push_str(word);
            rest = behind;
            let name = word.to_ascii_lowercase();
            let bearer = matches!(name.as_str(), "bearer" | "basic")
                && behind.starts_with(' ')
                && behind.len() > 8
                && !line.trim_start().starts_with(word);
            if bearer && line.to_ascii_lowercase().contains("authorization") {
                out.push(' ');
                rest = mask_word(behind.get(1..).unwrap_or_default(), out);
            } else if let Some(tail) = behind.strip_prefix("://") {
                out.push_str("://");
                rest = mask_userinfo(tail, name.starts_with("http"), out);
            } else if is_secret_name(&name) {
                rest = mask_value(behind, word.starts_with("--"), out);
            }
        } else {
            out.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
}

fn is_secret_name(name: &str) -> bool {
    let name = name.trim_matches('-');
    (name == "sig" || SECRET_WORDS.iter().any(|word| name.contains(word))) && !POINTERS.iter().any(|end| name.ends_with(end))
}

/// Behind a secret's name: masks the value of `=v`, `": "v"`, `: v` at a line's end, and of ` v` behind an option.
fn mask_value<'a>(behind: &'a str, option: bool, out: &mut String) -> &'a str {
    if let Some(value) = behind.strip_prefix('=') {
        out.push('=');
        return mask_word(value, out);
    }
    let quoted = behind.strip_prefix('"').or_else(|| behind.strip_prefix('\''));
    if let Some(value) = quoted.map(str::trim_start).and_then(|b| b.strip_prefix(':')).map(|v| v.trim_start_matches([' ', '\t'])) {
        out.push_str(behind.get(..behind.len() - value.len()).unwrap_or_default());
        return if value.starts_with(['{', '[']) { value } else { mask_word(value, out) };
    }
    if let Some(value) = behind.strip_prefix(':').map(|v| v.trim_start_matches([' ', '\t'])) {
        // "wrong password: check the file" is a sentence; "password: hunter2" alone to the line's end is a value.
        let words = value.split_whitespace().count();
        if words == 1 && behind.len() > 2 {
            out.push_str(behind.get(..behind.len() - value.len()).unwrap_or_default());
            return mask_word(value, out);
        }
        return behind;
    }
    if option
        && let Some(value) = behind.strip_prefix(' ')
        && !value.starts_with('-')
    {
        out.push(' ');
        return mask_word(value, out);
    }
    behind
}

/// Writes the mask instead of a word or a quoted text; what follows it.
fn mask_word<'a>(value: &'a str, out: &mut String) -> &'a str {
    let (quote, inside) = match value.chars().next() {
        Some(q @ ('"' | '\'')) => (Some(q), value.get(1..).unwrap_or_default()),
        _ => (None, value),
    };
    let mut end = inside.len();
    let mut escaped = false;
    for (place, c) in inside.char_indices() {
        let stops = match quote {
            Some(q) => (c == q && !escaped) || c == '\n',
            None => c.is_whitespace() || matches!(c, '&' | '"' | '\''),
        };
        if stops {
            end = place;
            break;
        }
        escaped = c == '\\' && !escaped;
    }
    out.extend(quote);
    if end > 0 {
        out.push_str(MASK);
    }
    inside.get(end..).unwrap_or_default()
}

/// Behind `scheme://`: masks the password of `user:password@`, and for the web the user as well.
fn mask_userinfo<'a>(tail: &'a str, web: bool, out: &mut String) -> &'a str {
    let authority_end = tail.find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'')).unwrap_or(tail.len());
    let authority = tail.get(..authority_end).unwrap_or_default();
    // A password may hold a slash when nobody escaped it: look for `@` up to the next blank as well.
    let word_end = tail.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')).unwrap_or(tail.len());
    let word = tail.get(..word_end).unwrap_or_default();
    let at = authority.rfind('@').or_else(|| {
        let colon = authority.find(':')?;
        let port = authority.get(colon + 1..).unwrap_or_default();
        (port.is_empty() || !port.bytes().all(|b| b.is_ascii_digit())).then(|| word.rfind('@')).flatten()
    });
    let Some(at) = at else { return tail };
    let userinfo = tail.get(..at).unwrap_or_default();
    match (web, userinfo.split_once(':')) {
        (true, _) => out.push_str(MASK),
        (false, Some((user, _))) => {
            out.push_str(user);
            out.push(':');
            out.push_str(MASK);
        }
        (false, None) => out.push_str(userinfo),
    }
    tail.get(at..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn secrets_go() {
        for (before, after) in [
            ("repository rest:https://anna:pw%21@backup.example:8000/r opened", "repository rest:https://***@backup.example:8000/r opened"),
            ("https://ghp_tokentoken@host/x", "https://***@host/x"),
            ("ssh://borg:geheim@host/./r", "ssh://borg:***@host/./r"),
            ("https://u:a/b@host/x", "https://***@host/x"),
            ("RESTIC_PASSWORD=hunter2 restic backup", "RESTIC_PASSWORD=*** restic backup"),
            ("export BORG_PASSPHRASE='two words' && borg", "export BORG_PASSPHRASE='***' && borg"),
            ("rclone --sftp-pass x --password s3cret sync", "rclone --sftp-pass x --password *** sync"),
            ("{\"password\": \"a\\\"b\", \"n\": 1}", "{\"password\": \"***\", \"n\": 1}"),
            ("password: hunter2\n", "password: ***\n"),
            ("Authorization: Bearer abcdefgh.ijk", "Authorization: Bearer ***"),
            ("key hf_0123456789abcdef refused", "key hf_*** refused"),
            ("GET /c/blob?sv=1&sig=AbC%3D&se=2", "GET /c/blob?sv=1&sig=***&se=2"),
            ("AWS_SECRET_ACCESS_KEY=abc/def", "AWS_SECRET_ACCESS_KEY=***"),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----\nnext", "[private key]\nnext"),
        ] {
            assert_eq!(redact(before), after);
        }
    }

    #[test]
    fn sentences_and_places_stay() {
        for text in [
            "Fatal: wrong password or no key found",
            "wrong password: check RESTIC_PASSWORD and the file",
            "RESTIC_PASSWORD_FILE=/etc/restic/pw",
            "--password-file /etc/pw",
            "ssh://borg@host:22/./repo",
            "http://host:8080/a@b",
            "processed 2 files, 6 B in 0:00\n",
            "AWS_ACCESS_KEY_ID=AKIAX",
        ] {
            assert_eq!(redact(text), text);
        }
    }
}
