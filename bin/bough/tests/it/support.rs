//! Running the binary.

use std::{
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
};

use serde_json::Value;

/// What a run left behind.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// The binary, with nothing of the environment that changes what it does.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bough"));
    command.args(args).stdin(Stdio::null());
    for variable in
        ["BOUGH_KEY", "BOUGH_FAULT", "RUST_LOG", "RUST_BACKTRACE", "COLUMNS", "CLICOLOR_FORCE"]
    {
        command.env_remove(variable);
    }
    command
}

/// Runs the binary to its end.
pub fn bough(args: &[&str]) -> Run {
    run(command(args))
}

/// Runs a command to its end.
pub fn run(mut command: Command) -> Run {
    let output = command.output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Run {
    pub fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{self:?}");
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// That it failed with this code, one line on stderr with all of `parts`, and nothing on stdout.
    pub fn assert_fails(&self, code: i32, parts: &[&str]) {
        assert!(self.stdout.is_empty(), "{self:?}");
        self.assert_complains(code, parts);
    }

    /// That it failed with this code and one line on stderr with all of `parts`.
    pub fn assert_complains(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
        assert!(self.stderr.starts_with("error: "), "{self:?}");
        for part in parts {
            assert!(self.stderr.contains(part), "no {part:?} in {self:?}");
        }
    }
}

/// A port that something listens on, while this lives, and its number.
pub fn busy_port() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    (listener, port)
}

/// A URL that nothing answers on.
pub fn nowhere() -> String {
    let (listener, port) = busy_port();
    drop(listener);
    format!("http://127.0.0.1:{port}")
}

/// A command that runs until it is told to stop; killed when dropped.
pub struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Running {
    pub fn start(args: &[&str]) -> Self {
        let mut command = command(args);
        command.stderr(Stdio::inherit());
        Self::of(command)
    }

    /// Starts a command, and keeps what it writes to stderr if that is piped.
    pub fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    /// Starts it, and gives the JSON it prints once it is ready.
    pub fn ready(args: &[&str]) -> (Self, Value) {
        let mut running = Self::start(args);
        let banner = serde_json::from_str(&running.line()).unwrap();
        (running, banner)
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it ends by itself; gives how, and what it wrote to stderr, which must be piped.
    pub fn end(mut self) -> (ExitStatus, String) {
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (self.child.wait().unwrap(), stderr)
    }

    /// The next line of stdout.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }

    /// Sends a signal; gives how it ended and what else was on stdout.
    pub fn stop(mut self, signal: &str) -> (ExitStatus, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (status, rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Ends it when a test failed; it has ended already when none did.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends one JSON-RPC request over HTTP and gives the result.
pub fn rpc(url: &str, method: &str, params: Value) -> Value {
    use std::{io::Write, net::TcpStream};
    let address = url.strip_prefix("http://").unwrap().trim_end_matches('/');
    let body = serde_json::json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let body = body.to_string();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST / HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let answer: Value = serde_json::from_str(body).unwrap();
    assert!(answer.get("error").is_none(), "{method}: {answer}");
    answer["result"].clone()
}

/// Waits until something listens at an address.
pub fn wait_for(address: &str) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while std::net::TcpStream::connect(address).is_err() {
        assert!(std::time::Instant::now() < deadline, "nothing listens at {address}");
        std::thread::yield_now();
    }
}
