//! A tiny `WebDriver` client: as much of the protocol as the tests of a page need.
//!
//! It starts `chromedriver` on a free port, speaks HTTP/1.1 over one TCP
//! connection per request, and ends both when dropped. Other crates' tests
//! include this file by `#[path]`; it needs `serde_json` and nothing else.
//!
//! * **Reference:** W3C, `WebDriver`, Recommendation of 5 June 2018; the log
//!   and device endpoints are Chromium's own.

#![allow(dead_code)] // each test that includes this file uses what it needs

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The key that selects an element in the protocol's JSON.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// The right arrow key, as the protocol encodes it.
pub const ARROW_RIGHT: &str = "\u{e014}";

/// A browser under test.
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    profile: PathBuf,
}

fn installed(name: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(name).is_file())
}

impl Browser {
    /// Starts a headless browser with a window of this size, or says on standard
    /// error that there is none and gives `None`, so that a test can be skipped.
    pub fn start(width: u32, height: u32) -> Option<Self> {
        if !installed("chromedriver") || !["chromium", "google-chrome"].into_iter().any(installed) {
            eprintln!("skipped: chromium and chromedriver are not both installed");
            return None;
        }
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let stdout = driver.stdout.take().expect("its output is piped");
        let port = port_of(stdout);
        let profile =
            std::env::temp_dir().join(format!("pellucid-browser-{}-{port}", std::process::id()));
        let mut browser = Self {
            driver,
            port,
            session: String::new(),
            profile,
        };
        let arguments = [
            "--headless".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-background-networking".to_owned(),
            "--no-first-run".to_owned(),
            format!("--window-size={width},{height}"),
            format!("--user-data-dir={}", browser.profile.display()),
        ];
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"args": arguments},
        }}});
        let answer = browser.send("POST", "/session", &capabilities);
        let session = answer["sessionId"].as_str().expect("a session has a name");
        session.clone_into(&mut browser.session);
        Some(browser)
    }

    /// Opens a file and waits until it is loaded.
    pub fn open(&self, file: &Path) {
        self.open_at(file, "");
    }

    /// Opens a file at an anchor.
    pub fn open_at(&self, file: &Path, anchor: &str) {
        let file = file.canonicalize().expect("the file is there");
        let url = format!("file://{}{anchor}", file.display());
        self.command("POST", "/url", &json!({"url": url}));
    }

    /// Runs the body of a function in the page and gives what it returns.
    pub fn run(&self, script: &str) -> Value {
        self.command(
            "POST",
            "/execute/sync",
            &json!({"script": script, "args": []}),
        )
    }

    /// Clicks the middle of the first element that the CSS selector finds, as a user would.
    pub fn click(&self, selector: &str) {
        let element = self.find(selector);
        self.command("POST", &format!("/element/{element}/click"), &json!({}));
    }

    /// Types into the first element that the CSS selector finds.
    pub fn keys(&self, selector: &str, keys: &str) {
        let element = self.find(selector);
        self.command(
            "POST",
            &format!("/element/{element}/value"),
            &json!({"text": keys}),
        );
    }

    /// Whether the first element that the CSS selector finds is shown.
    pub fn shows(&self, selector: &str) -> bool {
        let quoted = Value::from(selector);
        let script = format!("return document.querySelector({quoted}).checkVisibility()");
        self.run(&script)
            .as_bool()
            .expect("visibility is true or false")
    }

    /// Makes the page see a screen of this size, narrower than a window can be.
    pub fn resize(&self, width: u32, height: u32) {
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        let command = json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics});
        self.command("POST", "/goog/cdp/execute", &command);
    }

    /// What the browser complained about, since the last time it was asked.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.command("POST", "/se/log", &json!({"type": "browser"}));
        let entries = log.as_array().cloned().unwrap_or_default();
        let bad = entries
            .iter()
            .filter(|entry| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING")));
        bad.map(|entry| entry["message"].to_string()).collect()
    }

    fn find(&self, selector: &str) -> String {
        let found = self.command(
            "POST",
            "/element",
            &json!({"using": "css selector", "value": selector}),
        );
        found[ELEMENT]
            .as_str()
            .expect("an element has a name")
            .to_owned()
    }

    fn command(&self, method: &str, path: &str, body: &Value) -> Value {
        self.send(method, &format!("/session/{}{path}", self.session), body)
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self
            .request(method, path, body)
            .expect("the driver answers");
        let value = answer["value"].clone();
        assert!(value.get("error").is_none(), "{method} {path}: {value}");
        value
    }

    fn request(&self, method: &str, path: &str, body: &Value) -> std::io::Result<Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_mins(2)))?;
        let body = if method == "POST" {
            body.to_string()
        } else {
            String::new()
        };
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )?;
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut bytes = vec![0; length];
        reader.read_exact(&mut bytes)?;
        Ok(serde_json::from_slice(&bytes)?)
    }
}

/// Reads "… started successfully on port N." and keeps reading, so that the
/// driver never blocks on a full pipe.
fn port_of(stdout: std::process::ChildStdout) -> u16 {
    let mut lines = BufReader::new(stdout).lines();
    let deadline = Instant::now() + Duration::from_secs(30);
    while Instant::now() < deadline {
        let Some(Ok(line)) = lines.next() else { break };
        let port = line
            .split("successfully on port ")
            .nth(1)
            .and_then(|rest| rest.trim_end_matches('.').parse().ok());
        if let Some(port) = port {
            std::thread::spawn(move || lines.for_each(drop));
            return port;
        }
    }
    panic!("chromedriver did not say its port");
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            let path = format!("/session/{}", self.session);
            // Ends the browser; if that fails, the driver's end is all one can do.
            let _ = self.request("DELETE", &path, &Value::Null);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}
