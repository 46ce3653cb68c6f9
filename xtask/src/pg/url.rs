//! The few things that have to be known about connection URLs.

use super::Error;

/// The same server, user and parameters, but another database.
///
/// The name is percent-encoded. A `dbname` parameter is dropped, because drivers let it win over
/// the path.
///
/// # Errors
///
/// [`Error::BadUrl`] when `url` does not begin with `postgres://` or `postgresql://`.
pub fn with_database(url: &str, database: &str) -> Result<String, Error> {
    let scheme_end = check(url)?;
    let (before_fragment, fragment) = split_at_any(url, scheme_end, &['#']);
    let (before_query, query) = split_at_any(before_fragment, scheme_end, &['?']);
    let (authority, _path) = split_at_any(before_query, scheme_end, &['/']);

    let mut out = format!("{authority}/{}", encode(database));
    let kept = query.strip_prefix('?').unwrap_or_default().split('&');
    let mut separator = '?';
    for pair in kept.filter(|pair| !pair.is_empty() && !is_database_parameter(pair)) {
        out.push(separator);
        out.push_str(pair);
        separator = '&';
    }
    out.push_str(fragment);
    Ok(out)
}

/// Where the part after `postgres://` begins.
pub(super) fn check(url: &str) -> Result<usize, Error> {
    let Some((scheme, _)) = url.split_once("://") else {
        return Err(Error::BadUrl { reason: "it has no `://`" });
    };
    if !["postgres", "postgresql"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err(Error::BadUrl { reason: "its scheme is not `postgres` or `postgresql`" });
    }
    Ok(scheme.len() + "://".len())
}

fn split_at_any<'a>(text: &'a str, from: usize, marks: &[char]) -> (&'a str, &'a str) {
    text.split_at(text[from..].find(marks).map_or(text.len(), |at| from + at))
}

fn is_database_parameter(pair: &str) -> bool {
    pair.split('=').next() == Some("dbname")
}

/// Everything but the unreserved characters of RFC 3986 as `%XX`.
fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[track_caller]
    fn check(url: &str, database: &str, expected: &str) {
        assert_eq!(with_database(url, database).unwrap(), expected);
    }

    #[test]
    fn the_database_is_replaced_and_the_rest_kept() {
        check(
            "postgres://u:p%2F@h:1/old?sslmode=disable",
            "new",
            "postgres://u:p%2F@h:1/new?sslmode=disable",
        );
        check("postgresql://h/old", "new", "postgresql://h/new");
    }

    #[test]
    fn a_url_without_database_gets_one() {
        check("postgres://h", "new", "postgres://h/new");
        check("postgres://h/", "new", "postgres://h/new");
        check("postgres://h?a=1&b=2", "new", "postgres://h/new?a=1&b=2");
        check("postgres:///?host=/run/pg", "new", "postgres:///new?host=/run/pg");
        check("postgres://h#f", "new", "postgres://h/new#f");
    }

    #[test]
    fn slashes_and_question_marks_behind_the_path_are_left_alone() {
        check("postgres://h/old?host=/a/b?c#d?e/f", "new", "postgres://h/new?host=/a/b?c#d?e/f");
    }

    #[test]
    fn a_dbname_parameter_does_not_win() {
        check("postgres://h/old?dbname=x&a=1", "new", "postgres://h/new?a=1");
        check("postgres://h/old?dbname=x", "new", "postgres://h/new");
        check("postgres://h/old?dbname2=x", "new", "postgres://h/new?dbname2=x");
    }

    #[test]
    fn names_are_percent_encoded() {
        check("postgres://h/old", "a/b?c d#é%-_.~", "postgres://h/a%2Fb%3Fc%20d%23%C3%A9%25-_.~");
    }

    #[test]
    fn other_urls_are_refused_without_repeating_them() {
        for bad in ["", "h/old", "mysql://u:secret@h/old", "://u:secret@h"] {
            let error = format!("{:?}", with_database(bad, "new").unwrap_err());
            assert!(error.contains("not a PostgreSQL URL"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
