//! Chromium → what a user of the page sees and does, through chromedriver's HTTP interface (W3C WebDriver).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};

use crate::common::{Scratch, skip};
use crate::engine::deadline;
use crate::world::PATIENCE;

/// Keys as WebDriver spells them.
pub(crate) const TAB: char = '\u{E004}';
pub(crate) const ENTER: char = '\u{E007}';
pub(crate) const DOWN: char = '\u{E015}';
pub(crate) const CONTROL: char = '\u{E009}';

/// A name that leads to the loopback and, unlike it, is no secure context: as another machine is over plain HTTP.
pub(crate) const OTHER_MACHINE: &str = "charon.test";

/// A browser with one window.
pub(crate) struct Browser {
    driver: Child,
    port: u16,
    session: String,
    profile: Scratch,
}

impl Browser {
    /// As wide as a phone or a desktop, or `None` where there is no Chromium.
    pub(crate) fn start(test: &str, width: u32) -> Option<Self> {
        if !["chromedriver", "chromium"].into_iter().all(is_installed) {
            skip(test, "needs chromium and chromium-driver");
            return None;
        }
        let profile = Scratch::new();
        // A test program that is killed takes both along: chromedriver by this, and Chromium as its pipe closes.
        let driver = Command::new("setpriv")
            .args(["--pdeathsig", "TERM", "chromedriver", "--port=0"])
            // Whatever they leave behind stays in there.
            .env("HOME", profile.path())
            .env("XDG_CONFIG_HOME", profile.path())
            .env("TMPDIR", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut driver = driver.expect("setpriv is installed");
        let port = port(&mut driver);
        let mut browser = Self {
            driver,
            port,
            session: String::new(),
            profile,
        };
        browser.open(width);
        Some(browser)
    }

    fn open(&mut self, width: u32) {
        let profile = self.profile.path().display();
        // Root in a container: Chromium's own sandbox wants neither; /dev/shm may be small.
        let arguments = json!([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--remote-debugging-pipe",
            "--hide-scrollbars",
            format!("--user-data-dir={profile}"),
            format!("--host-resolver-rules=MAP {OTHER_MACHINE} 127.0.0.1"),
        ]);
        let metrics = json!({"width": width, "height": 800, "pixelRatio": 1, "touch": false});
        let options = json!({
            "args": arguments,
            "mobileEmulation": {"deviceMetrics": metrics},
        });
        let capabilities = json!({"alwaysMatch": {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
        }});
        let opened = self.request("POST", "/session", &json!({"capabilities": capabilities}));
        opened["sessionId"]
            .as_str()
            .unwrap()
            .clone_into(&mut self.session);
    }

    pub(crate) fn open_page(&self, url: &str) {
        self.post("url", &json!({"url": url}));
    }

    /// The value of `return EXPRESSION`; a promise is waited for.
    pub(crate) fn value(&self, expression: &str) -> Value {
        let script = format!("return {expression}");
        self.post("execute/sync", &json!({"script": script, "args": []}))
    }

    pub(crate) fn text(&self, expression: &str) -> String {
        let value = self.value(expression);
        value
            .as_str()
            .unwrap_or_else(|| panic!("{expression}: {value}"))
            .to_owned()
    }

    /// Until `EXPRESSION` is true.
    #[track_caller]
    pub(crate) fn wait_for(&self, expression: &str) {
        let is_late = deadline(PATIENCE);
        while self.value(expression) != json!(true) {
            let text = self.value("document.body.innerText");
            assert!(!is_late(), "not {expression}; the page says {text}");
            sleep(Duration::from_millis(50));
        }
    }

    /// One key after the other, to whatever has the focus.
    pub(crate) fn press(&self, keys: impl IntoIterator<Item = char>) {
        let strokes: Vec<Value> = keys
            .into_iter()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key})))
            .collect();
        self.actions(&strokes);
    }

    /// A key while Control is held.
    pub(crate) fn press_with_control(&self, key: char) {
        let stroke = |kind: &str, key: char| json!({"type": kind, "value": key});
        self.actions(&[
            stroke("keyDown", CONTROL),
            stroke("keyDown", key),
            stroke("keyUp", key),
            stroke("keyUp", CONTROL),
        ]);
    }

    fn actions(&self, strokes: &[Value]) {
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": strokes});
        self.post("actions", &json!({"actions": [keyboard]}));
    }

    /// Chromium's own interface.
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) -> Value {
        let body = json!({"cmd": command, "params": parameters});
        self.post("goog/cdp/execute", &body)
    }

    /// What its console has got so far: refusals of the content security policy stand there, too.
    pub(crate) fn console(&self) -> Vec<String> {
        let entries = self.post("se/log", &json!({"type": "browser"}));
        let entries = entries.as_array().unwrap();
        entries
            .iter()
            .map(|entry| entry["message"].to_string())
            .collect()
    }

    /// A picture of the whole page, as PNG.
    pub(crate) fn screenshot(&self) -> Vec<u8> {
        let height = self.value("document.documentElement.scrollHeight");
        let width = self.value("innerWidth");
        let clip = json!({"x": 0, "y": 0, "width": width, "height": height, "scale": 1});
        let parameters = json!({"format": "png", "clip": clip, "captureBeyondViewport": true});
        let taken = self.devtools("Page.captureScreenshot", &parameters);
        let base64 = base64::engine::general_purpose::STANDARD;
        base64.decode(taken["data"].as_str().unwrap()).unwrap()
    }

    fn post(&self, command: &str, body: &Value) -> Value {
        self.request(
            "POST",
            &format!("/session/{}/{command}", self.session),
            body,
        )
    }

    fn request(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.exchange(method, path, body);
        let answer = answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let value = &answer["value"];
        assert!(
            value.get("error").is_none(),
            "{method} {path} {body}: {value}"
        );
        value.clone()
    }

    fn exchange(&self, method: &str, path: &str, body: &Value) -> std::io::Result<Value> {
        let body = body.to_string();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE * 2))?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes())?;
        read_answer(BufReader::new(stream))
    }
}

/// It does not always close the connection: the length counts.
fn read_answer(mut stream: BufReader<TcpStream>) -> std::io::Result<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(serde_json::from_slice(&body)?)
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// The port in the line that chromedriver writes when it listens.
fn port(driver: &mut Child) -> u16 {
    let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            return port.trim_end_matches('.').parse().unwrap();
        }
    }
    panic!("chromedriver did not start");
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Chromium ends with its session, chromedriver alone would leave it behind. A test that fails says why itself.
        let session = format!("/session/{}", self.session);
        if let Err(error) = self.exchange("DELETE", &session, &json!({})) {
            println!("Chromium stays: {error}");
        }
        drop(self.driver.kill());
        drop(self.driver.wait());
    }
}
