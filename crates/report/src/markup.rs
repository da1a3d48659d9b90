//! Finished HTML, and the escaping that keeps everything else out of it.

/// A piece of finished HTML. Only this crate makes it, from escaped parts, so
/// that text from a data file never becomes an element of the page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Markup(String);

impl Markup {
    /// Takes HTML that is known to be well formed and escaped.
    pub(crate) fn new(html: impl Into<String>) -> Self {
        Self(html.into())
    }

    /// Prose with `$math$` and the other marks of [`text`](crate::text).
    pub fn text(source: &str) -> Self {
        Self(crate::text::html(source))
    }

    /// The HTML.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Appends formatted text to a string, which never refuses it.
macro_rules! put {
    ($out:expr, $($piece:tt)*) => {{
        use std::fmt::Write as _;
        let _ = write!($out, $($piece)*);
    }};
}
pub(crate) use put;

/// Text as it may stand between tags and inside quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// A name made fit for an `id`: lower-case letters, digits and single hyphens.
pub(crate) fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    let trimmed = out.trim_end_matches('-');
    if trimmed.is_empty() {
        "x".to_owned()
    } else {
        trimmed.to_owned()
    }
}

/// The body of a `data:` URI: everything outside the unreserved characters of
/// RFC 3986 (and the comma) percent-encoded.
pub(crate) fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~,".contains(&byte) {
            out.push(byte as char);
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.push(
                    char::from_digit(u32::from(digit), 16)
                        .unwrap_or('0')
                        .to_ascii_uppercase(),
                );
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_escapes_the_escape() {
        assert_eq!(
            escape("<b a=\"1\" c='2'>&"),
            "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;"
        );
    }

    #[test]
    fn slugs_are_ids() {
        assert_eq!(slug("Performance, at 50 %"), "performance-at-50");
        assert_eq!(slug("κ"), "x");
    }

    #[test]
    fn a_data_uri_holds_no_quote_hash_or_line_break() {
        assert_eq!(percent_encode("a,\"b\"\n#1"), "a,%22b%22%0A%231");
    }
}
