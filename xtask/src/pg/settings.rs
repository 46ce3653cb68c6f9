//! `postgresql.conf` of a throwaway cluster.

use std::fmt::Write as _;
use std::path::Path;

/// Fast rather than durable, and with room for many tests at once. `synchronous_commit` stays on:
/// with `fsync` off it costs next to nothing, and the order in which commits become visible stays
/// that of a real server.
const DEFAULTS: &[(&str, &str)] = &[
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("max_connections", "400"),
    ("max_prepared_transactions", "64"),
    ("shared_buffers", "256MB"),
    ("log_min_messages", "warning"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("listen_addresses", "127.0.0.1"),
];

/// The lines to append to the file that `initdb` wrote: later lines win.
pub(super) fn text(socket: &Path, port: u16, own: &[(String, String)]) -> String {
    let mut out = String::from("\n# A throwaway cluster.\n");
    for (name, value) in DEFAULTS {
        line(&mut out, name, value);
    }
    line(&mut out, "unix_socket_directories", &socket.to_string_lossy());
    for (name, value) in own {
        line(&mut out, name, value);
    }
    // Last, because the URL says so: a port among the caller's settings must not win.
    line(&mut out, "port", &port.to_string());
    out
}

fn line(out: &mut String, name: &str, value: &str) {
    let value = value.replace('\\', "\\\\").replace('\'', "''").replace('\n', "\\n");
    writeln!(out, "{name} = '{value}'").expect("writing to a String cannot fail");
}

#[cfg(test)]
mod tests {
    use super::text;
    use std::path::Path;

    #[test]
    fn values_are_quoted_and_the_callers_settings_come_later() {
        let own = [("fsync".into(), "on".into()), ("a.b".into(), "it's \\ this".into())];
        let conf = text(Path::new("/tmp/s"), 4711, &own);
        assert!(conf.contains("a.b = 'it''s \\\\ this'\n"), "{conf}");
        assert!(conf.find("fsync = 'off'").unwrap() < conf.find("fsync = 'on'").unwrap());
        assert!(conf.ends_with("port = '4711'\n"), "{conf}");
    }
}
