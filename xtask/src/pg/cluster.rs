use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::account::Account;
use super::error::{During, Error, tail};
use super::home::{self, Home};
use super::programs::{Finder, Programs};
use super::watchdog::Watchdog;
use super::{server, settings, with_database};
use crate::process::{ProcessId, signal};

/// How often a port that somebody else took in the meantime is replaced.
const PORT_TRIES: usize = 5;

/// A throwaway PostgreSQL server of one's own.
///
/// Dropping it stops the server and removes its folder. When this process is killed instead, a
/// watchdog process does so.
#[derive(Debug)]
pub struct Cluster {
    home: Home,
    account: Account,
    programs: Programs,
    own_settings: Vec<(String, String)>,
    port: u16,
    url: String,
    postmaster: Option<Child>,
    watchdog: Watchdog,
}

impl Cluster {
    /// Starts a new server with these settings (`postgresql.conf`) over the usual ones. The port
    /// is always the one that this crate chose.
    ///
    /// Takes about two seconds.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] says what to install; [`Error::NotStarted`] shows the server's log, for
    /// instance when a setting is wrong; the others name what the system refused.
    pub fn start(settings: &[(&str, &str)]) -> Result<Self, Error> {
        let programs = Finder::system().find()?;
        let account = Account::choose()?;
        let home = Home::create_in(&home::base(account)?)?;
        let watchdog = Watchdog::of(&ProcessId::current());
        Self::start_in(home, account, programs, settings, watchdog)
    }

    /// Starts a server in a folder of the caller's, with a watchdog of the caller's.
    pub(super) fn start_in(
        home: Home,
        account: Account,
        programs: Programs,
        settings: &[(&str, &str)],
        watchdog: Watchdog,
    ) -> Result<Self, Error> {
        let mut cluster = Self {
            home,
            account,
            programs,
            own_settings: Vec::new(),
            port: 0,
            url: String::new(),
            postmaster: None,
            watchdog,
        };
        cluster.set(settings);
        // First, so that nothing is left behind whenever this process is killed.
        cluster.watchdog.start(cluster.home.path())?;
        cluster.home.prepare(cluster.account)?;
        cluster.initdb()?;
        for last in (0..PORT_TRIES).rev() {
            cluster.port = free_port()?;
            match cluster.launch() {
                Err(Error::NotStarted { log, .. }) if last > 0 && server::port_was_taken(&log) => {}
                outcome => {
                    outcome?;
                    break;
                }
            }
        }
        let port = cluster.port;
        // Without `sslmode` a driver asks for TLS first: one more round trip per connection.
        cluster.url = format!("postgres://postgres@127.0.0.1:{port}/postgres?sslmode=disable");
        Ok(cluster)
    }

    /// The administrator's URL; the same after a restart.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL of one database on this server.
    ///
    /// # Panics
    ///
    /// Never: the server's own URL is a valid one.
    pub fn url_of(&self, database: &str) -> String {
        with_database(&self.url, database).expect("our own URL is one of PostgreSQL")
    }

    /// The folder with the server programs, and usually `psql` too.
    pub fn programs(&self) -> &Path {
        self.programs.folder()
    }

    /// What the server has logged so far.
    pub fn log(&self) -> String {
        self.home.log_since(0)
    }

    /// Stops the server in an orderly way; sessions are ended. No effect when it is not running.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] or [`Error::Failed`] when it cannot be signalled.
    pub fn stop(&mut self) -> Result<(), Error> {
        self.stop_with("INT", Duration::from_secs(15))
    }

    /// Stops the server at once without a checkpoint (`pg_ctl stop -m immediate`): the next start
    /// recovers from the log. No effect when it is not running.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] or [`Error::Failed`] when it cannot be signalled.
    pub fn stop_immediately(&mut self) -> Result<(), Error> {
        self.stop_with("QUIT", Duration::from_secs(5))
    }

    /// Kills the server's main process with `kill -9`. Its sessions live on until they notice. No
    /// effect when it is not running.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when it cannot be killed.
    pub fn crash(&mut self) -> Result<(), Error> {
        let Some(mut postmaster) = self.postmaster.take() else { return Ok(()) };
        let killed = postmaster.kill().and_then(|()| postmaster.wait());
        killed.map(drop).during(|| "kill the server".into())
    }

    /// Starts the server again, after an orderly stop if it is still running: same URL, same data.
    ///
    /// # Errors
    ///
    /// [`Error::NotStarted`] when it does not come back; else as [`Cluster::stop`].
    pub fn restart(&mut self) -> Result<(), Error> {
        self.restart_with(&[])
    }

    /// As [`Cluster::restart`], with more settings; later ones win over earlier ones.
    ///
    /// # Errors
    ///
    /// As [`Cluster::restart`].
    pub fn restart_with(&mut self, settings: &[(&str, &str)]) -> Result<(), Error> {
        self.stop()?;
        self.set(settings);
        self.launch()
    }

    /// Lets the server run on after this process; from now on the watchdog alone will stop it.
    pub(super) fn leave_running(self) -> String {
        let url = self.url.clone();
        std::mem::forget(self);
        url
    }

    fn set(&mut self, settings: &[(&str, &str)]) {
        let owned = settings.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        self.own_settings.extend(owned);
    }

    fn initdb(&self) -> Result<(), Error> {
        let program = self.programs.initdb();
        let output = self
            .command(&program)
            .arg("--pgdata")
            .arg(self.home.data())
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"])
            .arg("--no-sync")
            .output()
            .during(|| format!("run {}", program.display()))?;
        if output.status.success() {
            return Ok(());
        }
        let said = tail(&String::from_utf8_lossy(&output.stderr));
        Err(Error::Failed { program, status: output.status, output: said })
    }

    fn launch(&mut self) -> Result<(), Error> {
        let own = settings::text(&self.home.socket(), self.port, &self.own_settings);
        self.home.write_settings(&own)?;
        let program = self.programs.postgres();
        let mut command = self.command(&program);
        command.arg("-D").arg(self.home.data());
        self.postmaster = Some(server::launch(&mut command, &self.home)?);
        Ok(())
    }

    /// A program of the server's, as its user, in a folder that this user can read, and with
    /// messages in English: they are looked at.
    fn command(&self, program: &Path) -> Command {
        let mut command = self.account.command(program);
        command.current_dir(self.home.data()).stdin(Stdio::null()).env("LC_ALL", "C");
        for inherited in ["PGDATA", "PGPORT", "PGOPTIONS", "PGDATABASE", "PGHOST", "PGUSER"] {
            command.env_remove(inherited);
        }
        command
    }

    fn stop_with(&mut self, how: &str, patience: Duration) -> Result<(), Error> {
        let Some(postmaster) = &mut self.postmaster else { return Ok(()) };
        for (name, patience) in [(how, patience), ("QUIT", Duration::from_secs(5))] {
            signal(postmaster.id(), name)?;
            if ended_within(postmaster, patience)? {
                self.postmaster = None;
                return Ok(());
            }
        }
        self.crash()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Nobody is there to be told; what is left after an error is the watchdog's.
        let tidy = self.stop().or_else(|_| self.crash()).and_then(|()| self.home.remove());
        if tidy.is_ok() {
            self.watchdog.dismiss();
        }
    }
}

fn free_port() -> Result<u16, Error> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let address = listener.and_then(|listener| listener.local_addr());
    Ok(address.during(|| "find a free port on 127.0.0.1".into())?.port())
}

fn ended_within(child: &mut Child, patience: Duration) -> Result<bool, Error> {
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline {
        if child.try_wait().during(|| "wait for the server".into())?.is_some() {
            return Ok(true);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(false)
}
