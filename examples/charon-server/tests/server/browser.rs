//! The page in a real Chromium: the list, the failure panel, the copy button, the keyboard, a phone.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::common::repository;
use crate::engine::first_socket;
use crate::stub::{Socket, closed_port, forwarder};
use crate::webdriver::{Browser, DOWN, ENTER, OTHER_MACHINE, TAB};
use crate::world::{Container, Server, has_engine, is_root};

const PHONE: u32 = 375;
const LOCAL: &str = "Local (Docker Socket)";

/// The element that has the focus: its id, else its accessible name.
const FOCUS: &str = "document.activeElement.id || document.activeElement.getAttribute('aria-label') \
    || document.activeElement.innerText";

impl Browser {
    /// The source whose label this is, with the keyboard, from the top of a page that was just opened.
    fn choose(&self, label: &str) {
        self.press([TAB]);
        assert_eq!(self.text(FOCUS), "source");
        for _ in 0..10 {
            self.press([DOWN]);
            if self.text("document.getElementById('source').selectedOptions[0].textContent")
                == label
            {
                return;
            }
        }
        panic!("no source {label}");
    }

    /// Tab until the focus is on `name`; everything on the way shows that it has it.
    fn tab_to(&self, name: &str) {
        for _ in 0..20 {
            self.press([TAB]);
            let outline = "getComputedStyle(document.activeElement).outlineStyle !== 'none'";
            assert_eq!(
                self.value(outline),
                json!(true),
                "no outline: {}",
                self.text(FOCUS)
            );
            if self.text(FOCUS) == name {
                return;
            }
        }
        panic!(
            "the keyboard does not reach {name}; it is at {}",
            self.text(FOCUS)
        );
    }

    fn assert_fits(&self) {
        let wide = "[...document.querySelectorAll('body *')]\
            .filter((e) => e.getBoundingClientRect().right > innerWidth + 0.5).map((e) => e.outerHTML)";
        assert_eq!(self.value(wide), json!([]));
        let scrolls = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
        assert_eq!(self.value(scrolls), json!(false));
        assert_eq!(self.value("innerWidth"), json!(PHONE));
    }

    fn assert_quiet(&self, expected: &[&str]) {
        let console = self.console();
        let is_known = |line: &&String| expected.iter().any(|known| line.contains(known));
        let unknown: Vec<&String> = console.iter().filter(|line| !is_known(line)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}

/// Everything that can be operated has a name, and every field a label.
fn assert_labelled(browser: &Browser) {
    let nameless = "[...document.querySelectorAll('button, select, input')].filter((e) => \
        !(e.labels && e.labels.length) && !e.getAttribute('aria-label') && !e.innerText).map((e) => e.outerHTML)";
    assert_eq!(browser.value(nameless), json!([]));
    let unreal = "[...document.querySelectorAll('[onclick], [role=button], [tabindex]')].length";
    assert_eq!(browser.value(unreal), json!(0));
}

#[test]
fn containers_of_the_real_engine_are_listed_and_used_with_the_keyboard_alone() {
    let test = "containers_of_the_real_engine_are_listed_and_used_with_the_keyboard_alone";
    if !has_engine(test) {
        return;
    }
    let Some(browser) = Browser::start(test, PHONE) else {
        return;
    };
    let container = Container::run(&["--expose", "9000"]);
    let server = Server::on(&first_socket());
    browser.open_page(&server.url());
    assert_eq!(
        browser.value("document.getElementById('containers').hidden"),
        json!(true)
    );
    browser.choose(LOCAL);
    let name = &container.name;
    browser.wait_for(&format!(
        "document.getElementById('list').innerText.includes('{name}')"
    ));
    let card = format!(
        "[...document.querySelectorAll('.container')].find((e) => e.innerText.includes('{name}')).innerText"
    );
    let ip = container.inspect("{{.NetworkSettings.IPAddress}}");
    let card = browser.text(&card);
    for part in [
        name,
        "charon-init-test/busybox",
        "Up ",
        &format!("bridge · {ip} · 9000/tcp"),
    ] {
        assert!(card.contains(part), "no {part} in {card}");
    }
    assert_labelled(&browser);
    browser.assert_fits();
    browser.tab_to(&format!("Use {name}"));
    browser.press([ENTER]);
    assert_eq!(
        browser.text("document.getElementById('forward-host').value"),
        ip
    );
    assert_eq!(
        browser.text("document.getElementById('forward-port').value"),
        "9000"
    );
    assert_eq!(
        browser.text("document.getElementById('status').innerText"),
        format!("{name} is used below.")
    );
    browser.assert_quiet(&[]);
}

#[test]
fn a_failure_is_told_with_what_helps_and_copied_with_the_keyboard_alone() {
    let test = "a_failure_is_told_with_what_helps_and_copied_with_the_keyboard_alone";
    if !is_root(test) {
        return;
    }
    let Some(browser) = Browser::start(test, PHONE) else {
        return;
    };
    let engine = Socket::listing("[]").owned_by(988, 0o660);
    let server = inaccessible(&engine);
    browser.devtools(
        "Browser.grantPermissions",
        &json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}),
    );
    browser.open_page(&server.url());
    // It is there from the start, or what comes into it would not be read out.
    assert_eq!(
        browser.text("document.getElementById('failure').getAttribute('role')"),
        "alert"
    );
    browser.choose(LOCAL);
    browser.wait_for(
        "document.getElementById('failure').innerText.includes('Docker Connection Failed')",
    );
    let panel = browser.text("document.getElementById('failure').innerText");
    for part in [
        "Local Docker socket mounted but not accessible by current process (uid=1000 gid=1000)",
        "Process groups do not include socket gid 988",
        "/var/run/docker.sock:/var/run/docker.sock",
        "\ngroup_add: [\"988\"]\n",
    ] {
        assert!(panel.contains(part), "no {part} in {panel}");
    }
    assert_labelled(&browser);
    browser.assert_fits();
    keep("failure", &browser);

    browser.tab_to("Copy group_add: [\"988\"]");
    browser.press([ENTER]);
    browser.wait_for("document.getElementById('failure').innerText.includes('Copied')");
    assert_eq!(
        browser.text("navigator.clipboard.readText()"),
        "group_add: [\"988\"]"
    );

    // The engine lets us in; the panel goes, and the focus is not lost with it.
    browser.tab_to("Try again");
    let engine = engine.owned_by(1000, 0o660);
    browser.press([ENTER]);
    browser.wait_for("document.getElementById('status').innerText === 'No running containers.'");
    assert_eq!(
        browser.text("document.getElementById('failure').innerText"),
        ""
    );
    browser.wait_for("document.activeElement.id === 'refresh'");
    drop(engine);
    browser.assert_quiet(&["503 (Service Unavailable)"]);
}

/// The server as uid 1000, outside of the socket's group.
fn inaccessible(engine: &Socket) -> Server {
    let charon = ["--reuid", "1000", "--regid", "1000", "--clear-groups"];
    Server::alone(Some(&engine.path()), &charon, &[])
}

/// Over plain HTTP from another machine: there is no clipboard interface.
#[test]
fn the_copy_button_works_where_the_page_is_no_secure_context() {
    let test = "the_copy_button_works_where_the_page_is_no_secure_context";
    if !is_root(test) {
        return;
    }
    let Some(browser) = Browser::start(test, PHONE) else {
        return;
    };
    let engine = Socket::listing("[]").owned_by(4321, 0o660);
    let server = inaccessible(&engine);
    browser.open_page(&server.url().replace("127.0.0.1", OTHER_MACHINE));
    assert_eq!(browser.value("isSecureContext"), json!(false));
    assert_eq!(
        browser.value("navigator.clipboard === undefined"),
        json!(true)
    );
    browser.choose(LOCAL);
    browser.wait_for("document.getElementById('failure').innerText.includes('4321')");
    browser.tab_to("Copy group_add: [\"4321\"]");
    browser.press([ENTER]);
    browser.wait_for("document.getElementById('failure').innerText.includes('Copied')");
    browser.tab_to("forward-host");
    browser.press_with_control('v');
    assert_eq!(
        browser.text("document.getElementById('forward-host').value"),
        "group_add: [\"4321\"]"
    );

    // And where not even that is allowed, it is selected, and the page says which keys copy it.
    browser.value("document.execCommand = () => false");
    browser.value("document.querySelector('.retry').click()");
    browser.wait_for("document.activeElement.className === 'retry'");
    browser.value("document.querySelector('.copy').click()");
    browser.wait_for(
        "document.getElementById('failure').innerText.includes('Selected: press Ctrl+C')",
    );
    assert_eq!(
        browser.text("getSelection().toString()"),
        "group_add: [\"4321\"]"
    );
}

#[test]
fn remote_servers_can_be_chosen_and_custom_asks_no_engine() {
    let test = "remote_servers_can_be_chosen_and_custom_asks_no_engine";
    let Some(browser) = Browser::start(test, PHONE) else {
        return;
    };
    let engine = Socket::listing(r#"[{"Id":"0123456789abcdef","Names":["/far-away"]}]"#);
    let servers = json!([
        {"id": "00000000-0000-4000-8000-000000000001", "name": "nas & <b>attic</b>", "url": forwarder(&engine.path())},
        {"id": "00000000-0000-4000-8000-000000000002", "name": "cellar", "url": closed_port()},
    ]);
    let local = Socket::listing("[]");
    let server = Server::start(&[
        ("CHARON_REMOTE_SERVERS", &servers.to_string()),
        ("DOCKER_HOST", &crate::world::unix(&local.path())),
    ]);
    browser.open_page(&server.url());
    browser.wait_for("document.querySelectorAll('#source option').length === 4");
    browser.choose("nas & <b>attic</b>");
    browser.wait_for("document.getElementById('list').innerText.includes('far-away')");
    browser.press([DOWN]);
    browser
        .wait_for("document.getElementById('failure').innerText.includes('nobody listens there')");
    let panel = browser.text("document.getElementById('failure').innerText");
    assert!(!panel.contains("group_add"), "{panel}");
    browser.press("Custom".chars());
    browser.wait_for("document.getElementById('containers').hidden");
    // Whoever passes it with the arrow keys stays on the list of sources.
    assert_eq!(browser.text(FOCUS), "source");
    assert_eq!(
        browser.text("document.getElementById('failure').innerText"),
        ""
    );
    browser.assert_quiet(&["503 (Service Unavailable)"]);
}

/// What an engine says is text, whatever it looks like.
#[test]
fn names_that_are_markup_are_shown_as_they_are_and_long_ones_fit() {
    let test = "names_that_are_markup_are_shown_as_they_are_and_long_ones_fit";
    let Some(browser) = Browser::start(test, PHONE) else {
        return;
    };
    let markup =
        r#"<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>"#;
    let long = "x".repeat(300);
    let engine = Socket::listing(
        &json!([
            {"Id": "1", "Names": [format!("/{markup}")], "Image": markup, "Status": markup},
            {"Id": "2", "Names": [format!("/{long}")], "Image": long, "Status": long},
        ])
        .to_string(),
    );
    let server = Server::on(&engine.path());
    browser.open_page(&server.url());
    browser.choose(LOCAL);
    browser.wait_for("document.querySelectorAll('.container').length === 2");
    assert_eq!(
        browser.text("document.querySelector('.name').textContent"),
        markup
    );
    assert_eq!(
        browser.value("document.querySelectorAll('#list img, #list script').length"),
        json!(0)
    );
    assert_eq!(browser.text("document.title"), "Add proxy host");
    browser.assert_fits();
    browser.assert_quiet(&[]);
}

#[test]
fn the_pictures_of_the_readme_are_of_this_page() {
    let test = "the_pictures_of_the_readme_are_of_this_page";
    let Some(browser) = Browser::start(test, PHONE) else {
        return;
    };
    let network = |ip: &str| json!({"Networks": {"charon_default": {"IPAddress": ip}}});
    let engine = Socket::listing(&json!([
        {"Id": "1", "Names": ["/web"], "Image": "nginx:1.29", "Status": "Up 3 days", "State": "running",
         "NetworkSettings": network("172.18.0.2"),
         "Ports": [{"PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}]},
        {"Id": "2", "Names": ["/wiki"], "Image": "ghcr.io/example/wiki:2", "Status": "Up 5 hours (healthy)",
         "State": "running", "NetworkSettings": network("172.18.0.3"), "Ports": [{"PrivatePort": 3000, "Type": "tcp"}]},
        {"Id": "3", "Names": ["/postgres"], "Image": "postgres:17", "Status": "Up 3 days", "State": "running",
         "NetworkSettings": network("172.18.0.4"), "Ports": [{"PrivatePort": 5432, "Type": "tcp"}]},
    ]).to_string());
    let server = Server::on(&engine.path());
    browser.open_page(&server.url());
    browser.choose(LOCAL);
    browser.wait_for("document.querySelectorAll('.container').length === 3");
    browser.assert_fits();
    keep("list", &browser);
}

/// The picture belongs to the repository; CHARON_TEST_BLESS=1 takes it anew. Fonts differ between machines, so that
/// its bytes are not compared.
fn keep(name: &str, browser: &Browser) {
    let picture = browser.screenshot();
    assert!(picture.starts_with(b"\x89PNG\r\n"));
    let path = repository().join(format!("examples/charon-server/screenshots/{name}.png"));
    if std::env::var_os("CHARON_TEST_BLESS").is_some() {
        fs::write(&path, &picture).unwrap();
    }
    let kept = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    // The header of a PNG has the width at byte 16.
    assert_eq!(kept[16..20], picture[16..20], "{name} has another width");
    assert!(
        kept.len() < 150_000,
        "{name} is too large to look at on the way: {}",
        kept.len()
    );
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let link = Path::new("examples/charon-server/screenshots").join(format!("{name}.png"));
    assert!(
        readme.contains(link.to_str().unwrap()),
        "README.md does not show {name}"
    );
}
