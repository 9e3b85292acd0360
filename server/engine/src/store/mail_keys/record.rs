//! The record that a signing key is published by (RFC 6376, 3.6.1), and what is found in its place.

use crate::store::mail_domains::Looked;

/// Longest answer that is kept, in characters.
const LONGEST_SAID: usize = 300;

/// Where the record stands.
pub(super) fn name(selector: &str, domain: &str) -> String {
    format!("{selector}._domainkey.{domain}")
}

/// What it holds.
pub(super) fn value(public: &str) -> String {
    format!("v=DKIM1; k=rsa; p={public}")
}

/// One tag of a record, its spaces left out.
fn tag(text: &str, wanted: &str) -> Option<String> {
    let found = text.split(';').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        (name.trim() == wanted).then_some(value)
    });
    found.map(|value| value.split_whitespace().collect())
}

/// Whether mail servers will find this key there, and in words what was found.
pub(super) fn judge(looked: &Looked, public: &str, name: &str) -> (bool, String) {
    let texts = match looked {
        Looked::Texts(texts) => texts,
        Looked::Fault(why) => return (false, kept(format!("The name server could not be asked: {why}. Try again in some minutes."))),
    };
    // Some panels keep the quotes.
    let texts: Vec<String> = texts.iter().map(|text| text.replace('"', "")).collect();
    let keys: Vec<&String> = texts.iter().filter(|text| tag(text, "p").is_some()).collect();
    let [text] = keys.as_slice() else {
        return (
            false,
            kept(match (keys.len(), texts.len()) {
                (0, 0) => format!("There is no TXT record {name} yet. A new one may take an hour to be seen."),
                (0, _) => format!("{name} has TXT records, but none with a key (p=)."),
                _ => format!("{name} has several records with keys. Leave the one: mail servers don't choose."),
            }),
        );
    };
    let found = tag(text, "p").unwrap_or_default();
    let is = |name: &str, fits: &dyn Fn(&str) -> bool| tag(text, name).is_none_or(|value| fits(&value));
    let listed = |value: &str, one: &str| value.split(':').any(|word| word == one || word == "*");
    if found.is_empty() {
        return (false, kept(format!("{name} says that its key is revoked (p= is empty).")));
    }
    if found != public {
        let cut = public.starts_with(&found) || found.len() + 8 < public.len();
        return (
            false,
            kept(if cut {
                format!(
                    "{name} holds a key of {} characters instead of {}: the value was cut. Enter it in two texts, as shown.",
                    found.len(),
                    public.len()
                )
            } else {
                format!("{name} holds another key. Copy the value shown here.")
            }),
        );
    }
    let usable =
        is("v", &|v| v == "DKIM1") && is("k", &|k| k == "rsa") && is("h", &|h| listed(h, "sha256")) && is("s", &|s| listed(s, "email"));
    if usable {
        (true, "The record is there.".to_owned())
    } else {
        (false, kept(format!("{name} holds the key, but says that it isn't for this use: {text}")))
    }
}

fn kept(said: String) -> String {
    said.chars().take(LONGEST_SAID).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "holdfast-a._domainkey.example.org";
    const PUBLIC: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA";

    #[test]
    fn the_table_of_what_is_found_in_dns() {
        let judged = |texts: &[&str]| judge(&Looked::Texts(texts.iter().map(|t| (*t).to_owned()).collect()), PUBLIC, NAME);
        let cut = format!("v=DKIM1; k=rsa; p={}", &PUBLIC[..20]);
        let other = format!("v=DKIM1; p={}", PUBLIC.replace('M', "N"));
        let spaced = format!("\"v=DKIM1;k=rsa;\" \"p={} {}\"", &PUBLIC[..20], &PUBLIC[20..]);
        for (texts, good, word) in [
            (vec![value(PUBLIC).as_str()], true, "is there"),
            (vec![spaced.as_str()], true, "is there"),
            (vec![format!("p={PUBLIC}").as_str(), "a note"], true, "is there"),
            (vec![format!("v=DKIM1; s=email; h=sha256:sha1; t=y; p={PUBLIC}").as_str()], true, "is there"),
            (vec![], false, "There is no TXT record holdfast-a._domainkey.example.org yet"),
            (vec!["a note"], false, "none with a key"),
            (vec![cut.as_str()], false, "a key of 20 characters instead of 44: the value was cut"),
            (vec![other.as_str()], false, "another key"),
            (vec!["v=DKIM1; p="], false, "revoked"),
            (vec![value(PUBLIC).as_str(), other.as_str()], false, "several records"),
            (vec![format!("v=DKIM1; k=ed25519; p={PUBLIC}").as_str()], false, "isn't for this use"),
        ] {
            let (holds, said) = judged(&texts);
            assert!(holds == good && said.contains(word), "{texts:?}: {said}");
        }
        let (holds, said) = judge(&Looked::Fault("it didn't answer".into()), PUBLIC, NAME);
        assert!(!holds && said.contains("could not be asked: it didn't answer"), "{said}");
    }
}
