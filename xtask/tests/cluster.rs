//! A cluster of one's own: starts, stops, crashes, comes back, and leaves nothing behind.

use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use xtask::pg::{Cluster, Error};

/// Runs SQL with the `psql` next to the server programs and returns what it prints.
fn sql(cluster: &Cluster, url: &str, statement: &str) -> String {
    let output = Command::new(cluster.programs().join("psql"))
        .args(["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement, url])
        .output()
        .expect("psql lies next to the server programs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{statement}: {errors}{}", cluster.log());
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn listens(url: &str) -> bool {
    let address = url.split(['@', '/']).nth(3).expect("a URL of the form scheme://user@host/…");
    TcpStream::connect(address).is_ok()
}

#[test]
fn it_has_the_promised_settings_and_ours_win() {
    let cluster = Cluster::start(&[("max_connections", "17"), ("port", "1")]).unwrap();
    let query = "select string_agg(name || '=' || setting, ' ' order by name) from pg_settings \
                 where name in ('fsync', 'full_page_writes', 'synchronous_commit', \
                 'max_prepared_transactions', 'max_connections', 'listen_addresses', \
                 'server_encoding', 'lc_collate', 'TimeZone')";
    assert_eq!(
        sql(&cluster, cluster.url(), query),
        "TimeZone=UTC fsync=off full_page_writes=off lc_collate=C listen_addresses=127.0.0.1 \
         max_connections=17 max_prepared_transactions=64 server_encoding=UTF8 synchronous_commit=on"
    );
    assert_eq!(sql(&cluster, cluster.url(), "select current_user"), "postgres");
    let not_root = "select setting <> '' from pg_settings where name = 'data_directory'";
    assert_eq!(sql(&cluster, cluster.url(), not_root), "t");
}

#[test]
fn a_database_url_leads_to_that_database() {
    let cluster = Cluster::start(&[]).unwrap();
    let name = "a/b c?d%é";
    sql(&cluster, cluster.url(), &format!("create database \"{name}\""));
    assert_eq!(sql(&cluster, &cluster.url_of(name), "select current_database()"), name);
}

#[test]
fn it_keeps_data_and_url_over_stop_crash_and_restart() {
    let mut cluster = Cluster::start(&[]).unwrap();
    let url = cluster.url().to_owned();
    let count = |cluster: &Cluster| sql(cluster, &url, "select count(*) from t");
    sql(&cluster, &url, "create table t (n int)");

    cluster.stop().unwrap();
    assert!(!listens(&url), "stopped");
    cluster.stop().unwrap();
    cluster.restart().unwrap();
    sql(&cluster, &url, "insert into t values (1)");

    cluster.stop_immediately().unwrap();
    assert!(!listens(&url), "stopped immediately");
    cluster.restart().unwrap();
    sql(&cluster, &url, "insert into t values (2)");
    assert_eq!(count(&cluster), "2");

    cluster.crash().unwrap();
    assert!(!listens(&url), "crashed");
    cluster.restart_with(&[("max_connections", "19")]).unwrap();
    assert_eq!(count(&cluster), "2");
    assert_eq!(sql(&cluster, &url, "show max_connections"), "19");
    assert!(cluster.log().contains("interrupted"), "it recovered twice: {}", cluster.log());
}

#[test]
fn it_comes_back_although_a_session_outlives_the_crash() {
    let mut cluster = Cluster::start(&[]).unwrap();
    let url = cluster.url().to_owned();
    // It computes without looking up, so that it does not notice at once that its server is dead.
    let busy = "set application_name = 'busy'; do $$ begin
        while clock_timestamp() < now() + interval '3 seconds' loop end loop; end $$";
    let mut session = Command::new(cluster.programs().join("psql"))
        .args(["-X", "-q", "-c", busy, &url])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let query = "select count(*) from pg_stat_activity \
                 where application_name = 'busy' and state = 'active' and query like '%do $$%'";
    let deadline = Instant::now() + Duration::from_mins(1);
    while sql(&cluster, &url, query) == "0" {
        assert!(Instant::now() < deadline, "the session never became busy");
    }
    cluster.crash().unwrap();
    cluster.restart().unwrap();
    assert!(cluster.log().contains("pre-existing shared memory"), "{}", cluster.log());
    assert_eq!(sql(&cluster, &url, "select 1"), "1");
    session.wait().unwrap();
}

#[test]
fn it_leaves_no_folder_and_no_server_when_dropped() {
    let cluster = Cluster::start(&[]).unwrap();
    let data = sql(&cluster, cluster.url(), "show data_directory");
    let folder = Path::new(&data).parent().unwrap();
    let url = cluster.url().to_owned();
    assert!(folder.join("log").exists());
    drop(cluster);
    assert!(!folder.exists(), "{} is left", folder.display());
    assert!(!listens(&url));
}

#[test]
fn a_wrong_setting_is_reported_with_the_servers_own_words() {
    let error = Cluster::start(&[("max_connections", "many")]).unwrap_err();
    assert!(matches!(error, Error::NotStarted { .. }), "{error}");
    assert!(error.to_string().contains("max_connections"), "{error}");
}
