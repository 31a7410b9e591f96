//! Contract 8 on a real kernel: every cause is produced, told apart, and its remedy carried out and seen to work.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::engine::{
    Server, always, docker, full_port, http, late, on_a_port, on_a_port_of, podman, say, silent,
};
use crate::namespaces::INSIDE;
use crate::trace::can_trace;
use crate::world::{End, PASSWD, Start, World};

const SOCKET: &str = "run/docker.sock";

/// How long a check may take where only its answer matters.
const PATIENT: &str = "--timeout=40s";

/// What introduces a socket that is there and does not open.
const NOT_ACCESSIBLE: &str =
    "Local Docker socket mounted but not accessible by current process (uid=1000 gid=1000)";

/// A check by root, whose PID 1 is the machine's: the planned identity.
fn check(world: &World) -> Start<'_> {
    world.start(["--check", PATIENT, "--format=json"])
}

/// The same by uid 1000, in these groups.
fn check_as_user<'w>(world: &'w World, groups: &str) -> Start<'w> {
    let ids = ["setpriv", "--reuid", "1000", "--regid", "1000"];
    let caps = "+sys_chroot";
    let rest = [
        "--groups",
        groups,
        "--inh-caps",
        caps,
        "--ambient-caps",
        caps,
    ];
    check(world).under(ids.iter().chain(&rest))
}

impl End {
    /// Not reached, with this code; the message.
    #[track_caller]
    pub(crate) fn unhealthy(&self, code: &str) -> String {
        let said = self.json();
        assert_eq!(
            (self.code, said["outcome"].as_str(), said["code"].as_str()),
            (1, Some("not_reached"), Some(code)),
            "{self:?}"
        );
        said["message"].as_str().unwrap().to_owned()
    }

    /// Reached; the message.
    #[track_caller]
    pub(crate) fn healthy(&self) -> String {
        let said = self.json();
        assert_eq!(
            (self.code, said["outcome"].as_str()),
            (0, Some("reached")),
            "{self:?}"
        );
        said["message"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    fn json(&self) -> Value {
        let lines: Vec<_> = self.stdout.lines().collect();
        assert_eq!(lines.len(), 1, "{self:?}");
        serde_json::from_str(lines[0]).unwrap()
    }
}

#[track_caller]
fn has(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "no {part:?} in {message:?}");
    }
}

fn set_mode(world: &World, path: &str, mode: u32) {
    fs::set_permissions(world.path(path), Permissions::from_mode(mode)).unwrap();
}

#[test]
fn an_engine_is_reached_as_the_identity_and_nothing_is_written() {
    let test = "an_engine_is_reached_as_the_identity_and_nothing_is_written";
    let Some(world) = World::new(test) else {
        return;
    };
    let server = Server::on(world.path(SOCKET), 988, docker());
    let before = world.read("etc/group");
    let end = world.start(["--check", PATIENT]).end();
    let line =
        "'/var/run/docker.sock': reached Docker Engine 20.10.24 (API 1.41) as uid 1000 gid 1000\n";
    assert_eq!(
        (end.code, end.stdout.as_str(), end.stderr.as_str()),
        (0, line, "")
    );
    assert_eq!(server.peers(), [(1000, 1000); 2], "never as root");
    assert_eq!(world.read("etc/group"), before);
    assert!(!world.path("etc/.pwd.lock").exists());

    let said = check(&world).end().json();
    assert_eq!(said["version"], 1);
    assert_eq!(said["path"], "/var/run/docker.sock");
    assert_eq!(said["identity"]["groups"], serde_json::json!([988, 1000]));
    let engine = serde_json::json!([{
        "path": "/var/run/docker.sock", "name": "Docker Engine", "version": "20.10.24", "api": "1.41"
    }]);
    assert_eq!(said["engines"], engine);

    server.becomes(podman());
    let message = check(&world).end().healthy();
    has(&message, &["reached Podman 4.3.1 (API 1.41)"]);
    // The same without /proc, and with an environment that is full of a start's variables.
    let bare = check(&world)
        .without_proc()
        .env("CHARON_INIT_INIT", "group");
    bare.env("CHARON_DOCKER_REQUIRED", "1").end().healthy();
}

#[test]
fn a_socket_that_is_not_mounted() {
    let Some(world) = World::new("a_socket_that_is_not_mounted") else {
        return;
    };
    let message = check(&world).end().unhealthy("not-mounted");
    let mount = "mount it: -v /var/run/docker.sock:/var/run/docker.sock";
    has(&message, &["'/var/run/docker.sock': not found", mount]);
    // As an engine mounts it.
    let _server = Server::on(world.path("tmp/host.sock"), 988, docker());
    world.write("run/docker.sock", "", 0o644);
    let mounted = check(&world)
        .mount(r#"mount --bind "$ROOT/tmp/host.sock" "$ROOT/run/docker.sock""#)
        .end();
    mounted.healthy();
    fs::remove_file(world.path(SOCKET)).unwrap();
    let off = check(&world).env("CHARON_DOCKER_ENABLED", "false").end();
    assert_eq!(
        (off.code, &off.json()["outcome"]),
        (0, &"nothing_to_check".into())
    );
}

#[test]
fn a_directory_and_a_file_in_the_sockets_place() {
    let Some(world) = World::new("a_directory_and_a_file_in_the_sockets_place") else {
        return;
    };
    fs::create_dir(world.path(SOCKET)).unwrap();
    let message = check(&world).end().unhealthy("directory-instead");
    let remedy = "remove the directory on the host, start the engine there";
    has(&message, &["a directory, not a socket", remedy]);
    fs::remove_dir(world.path(SOCKET)).unwrap();
    let server = Server::on(world.path(SOCKET), 988, docker());
    check(&world).end().healthy();
    drop(server);
    fs::remove_file(world.path(SOCKET)).unwrap();

    world.write(SOCKET, "", 0o644);
    let message = check(&world).end().unhealthy("not-a-socket");
    has(
        &message,
        &[
            "a regular file, not a socket",
            "name the socket with --socket",
        ],
    );
    let _server = Server::on(world.path("run/other.sock"), 988, docker());
    let named = ["--check", PATIENT, "-f", "json", "-s", "/run/other.sock"];
    world.start(named).end().healthy();
    let end = world.start(["--check", PATIENT, "-f", "json"]);
    end.env("DOCKER_HOST", "unix:///run/other.sock")
        .end()
        .healthy();
}

#[test]
fn a_group_that_is_missing() {
    let Some(world) = World::new("a_group_that_is_missing") else {
        return;
    };
    let _server = Server::on(world.path(SOCKET), 988, docker());
    let message = check_as_user(&world, "1000")
        .end()
        .unhealthy("group-missing");
    assert_eq!(
        message,
        format!(
            "{NOT_ACCESSIBLE}: '/var/run/docker.sock'; Process groups do not include socket gid 988; \
             run container with matching supplemental group (e.g., --group-add 988 or compose group_add: [\"988\"])"
        )
    );
    check_as_user(&world, "1000,988").end().healthy();
}

#[test]
fn gid_zero_is_never_advised() {
    let Some(world) = World::new("gid_zero_is_never_advised") else {
        return;
    };
    let _server = Server::on(world.path(SOCKET), 0, docker());
    for start in [check(&world), check_as_user(&world, "1000")] {
        let message = start.end().unhealthy("gid-0-would-help");
        assert!(message.starts_with(NOT_ACCESSIBLE), "{message}");
        let warning = "warning: joining gid 0 here is joining root's group of the host";
        has(&message, &["ALLOW_DOCKER_SOCK_GID_0=true", warning]);
        assert!(!message.contains("--group-add 0"), "{message}");
    }
    let allowed = |start: Start<'_>| start.env("ALLOW_DOCKER_SOCK_GID_0", "true").end();
    allowed(check(&world)).healthy();
    allowed(check_as_user(&world, "1000,0")).healthy();
    // It has the group, and a start would be refused.
    let message = check_as_user(&world, "1000,0")
        .end()
        .unhealthy("gid-0-path");
    has(&message, &["ALLOW_DOCKER_SOCK_GID_0=true"]);
    // The next remedy: another group on the host.
    chown(world.path(SOCKET), None, Some(988)).unwrap();
    check(&world).end().healthy();
}

#[test]
fn a_mode_that_gives_the_group_nothing() {
    let Some(world) = World::new("a_mode_that_gives_the_group_nothing") else {
        return;
    };
    let _server = Server::on(world.path(SOCKET), 988, docker());
    set_mode(&world, SOCKET, 0o640);
    for groups in ["1000", "1000,988"] {
        let message = check_as_user(&world, groups)
            .end()
            .unhealthy("group-has-nothing");
        assert!(message.starts_with(NOT_ACCESSIBLE), "{message}");
        has(&message, &["mode 0640", "chmod g+rw on the host"]);
    }
    check(&world).end().unhealthy("group-has-nothing");
    set_mode(&world, SOCKET, 0o660);
    check(&world).end().healthy();
}

fn setfacl(world: &World, entry: &str) {
    let status = Command::new("setfacl")
        .args(["-m", entry])
        .arg(world.path(SOCKET))
        .status();
    assert!(status.expect("the package acl is installed").success());
}

#[test]
fn an_acl_that_keeps_the_user_out() {
    let Some(world) = World::new("an_acl_that_keeps_the_user_out") else {
        return;
    };
    let _server = Server::on(world.path(SOCKET), 988, docker());
    setfacl(&world, "u:1000:r");
    let message = check(&world).end().unhealthy("group-has-nothing");
    has(&message, &["mode 0660 with its ACL", "setfacl -m u:UID:rw"]);
    setfacl(&world, "u:1000:rw");
    check(&world).end().healthy();
}

#[test]
fn a_directory_on_the_way_that_cannot_be_searched() {
    let Some(world) = World::new("a_directory_on_the_way_that_cannot_be_searched") else {
        return;
    };
    fs::create_dir(world.path("run/engine")).unwrap();
    set_mode(&world, "run/engine", 0o700);
    let _server = Server::on(world.path("run/engine/docker.sock"), 988, docker());
    let named = |start: Start<'_>| {
        start
            .env("DOCKER_HOST", "unix:///run/engine/docker.sock")
            .end()
    };
    let message = named(check(&world)).unhealthy("not-searchable");
    assert!(message.starts_with(NOT_ACCESSIBLE), "{message}");
    has(
        &message,
        &["'/run/engine' (owner uid 0, gid 0, mode 0700)", "chmod a+x"],
    );
    // Who may not search it cannot know what is in it.
    let message = named(check_as_user(&world, "988,1000")).unhealthy("blocked");
    has(
        &message,
        &[
            "directory '/run/engine'",
            "whether it is there cannot be told",
            "chmod a+x",
        ],
    );
    set_mode(&world, "run/engine", 0o711);
    named(check(&world)).healthy();
    named(check_as_user(&world, "988,1000")).healthy();
}

#[test]
fn a_path_that_the_user_could_redirect() {
    let Some(world) = World::new("a_path_that_the_user_could_redirect") else {
        return;
    };
    chown(world.path("data"), Some(1000), Some(1000)).unwrap();
    let _server = Server::on(world.path("data/docker.sock"), 988, docker());
    let named = |start: Start<'_>| start.env("DOCKER_HOST", "unix:///data/docker.sock").end();
    let message = named(check(&world)).unhealthy("redirectable");
    has(
        &message,
        &[NOT_ACCESSIBLE, "'/data' (owner uid 1000", "--group-add GID"],
    );
    // As engines add it to root's own groups.
    named(check(&world).under(["setpriv", "--groups", "988"])).healthy();
    let below_run = check(&world)
        .mount(r#"touch "$ROOT/run/docker.sock"; mount --bind "$ROOT/data/docker.sock" "$ROOT/run/docker.sock""#);
    below_run.end().healthy();
}

#[test]
fn a_group_that_is_not_mapped() {
    let Some(world) = World::new("a_group_that_is_not_mapped") else {
        return;
    };
    let server = Server::on(world.path(SOCKET), 70_000, docker());
    let message = INSIDE.end(&world, &check(&world)).unhealthy("unmapped");
    assert!(message.starts_with(NOT_ACCESSIBLE), "{message}");
    has(
        &message,
        &[
            "overflow gid 65534",
            "--group-add keep-groups",
            "--userns=host",
        ],
    );
    // The remedy of userns-remap: outside of it the group is what it is.
    check(&world).end().healthy();
    check_as_user(&world, "70000").end().healthy();
    drop(server);
}

/// Nothing but a security module or a filter says no where the permissions say yes.
#[test]
fn permission_that_is_denied_although_the_mode_gives_it() {
    let test = "permission_that_is_denied_although_the_mode_gives_it";
    let Some(world) = World::new(test) else {
        return;
    };
    if !can_trace(test) {
        return;
    }
    let _server = Server::on(world.path(SOCKET), 988, docker());
    for errno in ["EACCES", "EPERM"] {
        let inject = format!("inject=connect:error={errno}");
        let strace = ["strace", "-f", "-o", "/dev/null", "-e", &inject];
        let message = check(&world).under(strace).end().unhealthy("denied");
        assert!(message.starts_with(NOT_ACCESSIBLE), "{message}");
        has(
            &message,
            &[
                "--security-opt label=disable",
                "apparmor=unconfined",
                "seccomp=unconfined",
            ],
        );
    }
    check(&world).end().healthy();
}

#[test]
fn nobody_who_listens() {
    let Some(world) = World::new("nobody_who_listens") else {
        return;
    };
    let old = Server::on(world.path(SOCKET), 988, docker());
    drop(old);
    let message = check(&world).end().unhealthy("nobody-listens");
    has(
        &message,
        &[
            "the engine was restarted",
            "restart the container",
            "mount the socket's directory",
        ],
    );
    // A restarted engine makes a new socket, which the directory shows.
    let _new = Server::on(world.path(SOCKET), 988, docker());
    check(&world).end().healthy();
}

/// Each of these is there and is no engine that answers; the same socket then gets one that does.
#[test]
fn answers_that_are_not_an_engines() {
    let Some(world) = World::new("answers_that_are_not_an_engines") else {
        return;
    };
    let server = Server::on(world.path(SOCKET), 988, docker());
    let error = |status: &str| http(status, "", "{\"message\":\"because of this\"}");
    let nginx = "Server: nginx/1.22.1\r\nContent-Type: text/html\r\n";
    let plugin = "authorization denied by plugin p: because of this";
    for (answer, code, says) in [
        (
            String::new(),
            "not-the-docker-api",
            "closed the connection without an answer to GET /_ping",
        ),
        (
            "HTTP/1.1 200 OK\r\nConte".to_owned(),
            "not-the-docker-api",
            "closed the connection",
        ),
        (
            http("200 OK", "X: y\r\n", "OK").replace("length: 2", "length: 99"),
            "not-the-docker-api",
            "GET /version",
        ),
        (
            "SSH-2.0-OpenSSH_9.2\r\n".to_owned(),
            "not-the-docker-api",
            "something that is not HTTP",
        ),
        ("\u{15}\u{3}\u{1}".to_owned(), "tls", "speaks TLS"),
        (
            http(
                "400 Bad Request",
                "",
                "Client sent an HTTP request to an HTTPS server.\n",
            ),
            "tls",
            "speaks TLS",
        ),
        (
            http("200 OK", nginx, "<html>Welcome to nginx!</html>"),
            "not-the-docker-api",
            "status 200, as \"nginx/1.22.1\" does",
        ),
        (
            http("404 Not Found", nginx, ""),
            "not-the-docker-api",
            "status 404",
        ),
        (
            http("200 OK", "", &"x".repeat(100_000)),
            "not-the-docker-api",
            "more than 64 KiB",
        ),
        (
            http(
                "403 Forbidden",
                "",
                &format!("{{\"message\":\"{plugin}\"}}"),
            ),
            "api-forbids",
            plugin,
        ),
        (
            error("401 Unauthorized"),
            "api-wants-credentials",
            "because of this",
        ),
        (
            error("429 Too Many Requests"),
            "api-declines",
            "status 429: because of this",
        ),
        (
            error("500 Internal Server Error"),
            "api-fails",
            "because of this",
        ),
        (
            error("503 Service Unavailable"),
            "api-has-no-engine",
            "because of this",
        ),
    ] {
        server.becomes(always(answer));
        let message = check(&world).end().unhealthy(code);
        has(&message, &["'/var/run/docker.sock': ", says]);
        server.becomes(docker());
        check(&world).end().healthy();
    }
}

/// As narrow as proxies get: the ping alone.
#[test]
fn a_version_that_is_declined_is_a_remark() {
    let Some(world) = World::new("a_version_that_is_declined_is_a_remark") else {
        return;
    };
    let headers = "Api-Version: 1.41\r\nServer: Docker/20.10.24 (linux)\r\n";
    let only_ping =
        std::sync::Arc::new(move |stream: &mut crate::engine::Connection, path: &str| {
            let answer = match path {
                "/_ping" => http("200 OK", headers, "OK"),
                _ => http(
                    "403 Forbidden",
                    "",
                    "<html><body><h1>403 Forbidden</h1></body></html>",
                ),
            };
            say(stream, &answer);
        });
    let _server = Server::on(world.path(SOCKET), 988, only_ping);
    let message = check(&world).end().healthy();
    let remark = "reached Docker Engine 20.10.24 (API 1.41) as uid 1000 gid 1000; GET /version was declined with status 403";
    has(&message, &[remark]);
}

#[test]
fn an_engine_behind_tcp() {
    let Some(world) = World::new("an_engine_behind_tcp") else {
        return;
    };
    world.write("etc/hosts", "127.0.0.1 proxy\n", 0o644);
    let port = on_a_port(docker());
    let at = |host: String| check(&world).env("DOCKER_HOST", host).end();
    for host in ["127.0.0.1", "proxy"] {
        let message = at(format!("tcp://{host}:{port}")).healthy();
        has(
            &message,
            &[&format!("'tcp://{host}:{port}': reached Docker Engine")],
        );
    }
    at(format!("http://proxy:{port}/")).healthy();
    let forbids = on_a_port(always(http("403 Forbidden", "", "")));
    let message = at(format!("tcp://proxy:{forbids}")).unhealthy("api-forbids");
    has(&message, &["socket proxy refuses", "PING=1 VERSION=1"]);
    // A port that nobody has any more.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let free = listener.local_addr().unwrap().port();
    drop(listener);
    at(format!("tcp://127.0.0.1:{free}")).unhealthy("nobody-listens");
    world.write(
        "etc/resolv.conf",
        "nameserver 127.9.8.6\noptions timeout:1 attempts:1\n",
        0o644,
    );
    let message = at(format!("tcp://no-such-host.invalid:{port}")).unhealthy("not-resolved");
    has(&message, &["give an address in DOCKER_HOST"]);
    for elsewhere in ["https://proxy", "ssh://user@proxy", "fd://3"] {
        let message = at(elsewhere.to_owned()).unhealthy("not-checkable");
        has(&message, &[elsewhere, "CHARON_DOCKER_ENABLED=false"]);
    }
}

#[test]
fn a_host_is_reached_over_ipv6() {
    let test = "a_host_is_reached_over_ipv6";
    let Some(world) = World::new(test) else {
        return;
    };
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        return crate::common::skip(test, "needs IPv6 on the loopback device");
    }
    let host = format!("tcp://[::1]:{}", on_a_port_of("::1", docker()));
    let end = check(&world).env("DOCKER_HOST", &host).end();
    has(&end.healthy(), &[&host, "reached Docker Engine 20.10.24"]);
}

/// A name may have an address that leads nowhere, an IPv6 one say, and another that leads to the engine.
#[test]
fn a_host_of_which_one_address_does_not_answer() {
    let Some(world) = World::new("a_host_of_which_one_address_does_not_answer") else {
        return;
    };
    // glibc reads one line for a name without it (host.conf(5)), and sorts what it reads.
    world.write("etc/host.conf", "multi on\n", 0o644);
    let hosts = "127.9.8.5 proxy\n127.0.0.1 proxy\n";
    let check = |timeout: &str, port: u16| {
        let host = format!("tcp://proxy:{port}");
        let check = world.start(["--check", timeout, "--format=json"]);
        check.env("DOCKER_HOST", host).end()
    };
    for (well, full) in [("127.0.0.1", "127.9.8.5"), ("127.9.8.5", "127.0.0.1")] {
        let port = on_a_port_of(well, docker());
        let _full = full_port(full, port);
        world.write("etc/hosts", hosts, 0o644);
        check("--timeout=4s", port).healthy();
        world.write("etc/hosts", format!("{full} proxy\n"), 0o644);
        let message = check("--timeout=200ms", port).unhealthy("no-answer");
        has(&message, &["no connection within 200 ms"]);
    }
}

#[test]
fn each_of_several_sockets_has_to_answer() {
    let Some(world) = World::new("each_of_several_sockets_has_to_answer") else {
        return;
    };
    let _one = Server::on(world.path("run/one.sock"), 988, docker());
    let other = Server::on(world.path("run/other.sock"), 990, podman());
    let arguments = [
        "--check",
        PATIENT,
        "-s",
        "/run/one.sock",
        "-s",
        "/run/other.sock",
    ];
    let end = world.start(arguments).end();
    assert_eq!(
        (end.code, end.stdout.as_str()),
        (
            0,
            "'/run/one.sock': reached Docker Engine 20.10.24 (API 1.41) as uid 1000 gid 1000; \
             '/run/other.sock': reached Podman 4.3.1 (API 1.41) as uid 1000 gid 1000\n"
        )
    );
    drop(other);
    let end = world.start(arguments).end();
    assert_eq!(end.code, 1);
    assert!(
        end.stdout.starts_with("'/run/other.sock': nobody listens"),
        "{end:?}"
    );
}

/// Contract 3: whatever keeps a check from the engine is 1, with one line of the result.
#[test]
fn a_start_that_would_be_refused_or_fail_is_not_reached() {
    let Some(world) = World::new("a_start_that_would_be_refused_or_fail_is_not_reached") else {
        return;
    };
    let server = Server::on(world.path(SOCKET), 988, docker());
    let user = |user: &str| check(&world).env("CHARON_INIT_USER", user).end();
    user("nobody-here").unhealthy("unknown-user");
    user("root").unhealthy("root-user");
    user("1000:0").unhealthy("gid-0-identity");
    let bad = check(&world).env("ALLOW_DOCKER_SOCK_GID_0", "maybe").end();
    bad.unhealthy("bad-variable");
    let powerless = check(&world).under(["setpriv", "--bounding-set", "-setuid"]);
    powerless.end().unhealthy("missing-capabilities");
    set_mode(&world, "charon-init", 0o4755);
    check(&world).end().unhealthy("elevated");
    set_mode(&world, "charon-init", 0o755);
    world.write("etc/passwd", PASSWD, 0o644);
    if can_trace("a_start_that_would_be_refused_or_fail_is_not_reached") {
        let strace = [
            "strace",
            "-f",
            "-o",
            "/dev/null",
            "-e",
            "inject=setresuid:error=EAGAIN:when=1",
        ];
        check(&world).under(strace).end().unhealthy("failed");
        // A drop that only says that it succeeded is none: the read-back finds root, and nobody connects.
        let strace = [
            "strace",
            "-f",
            "-o",
            "/dev/null",
            "-e",
            "inject=setresuid:retval=0:when=1",
        ];
        check(&world).under(strace).end().unhealthy("read-back");
    }
    assert_eq!(server.peers(), [], "nobody has connected");
    check(&world).end().healthy();
}

/// The remedy of a check that is too fast.
#[test]
fn an_engine_that_is_slow_is_reached_in_time() {
    let Some(world) = World::new("an_engine_that_is_slow_is_reached_in_time") else {
        return;
    };
    let server = Server::on(
        world.path(SOCKET),
        988,
        late(Duration::from_millis(500), docker()),
    );
    let hasty = world
        .start(["--check", "--timeout=200ms", "-f", "json"])
        .end();
    has(
        &hasty.unhealthy("no-answer"),
        &["no answer within 200 ms to GET /_ping", "--timeout 30s"],
    );
    world
        .start(["--check", "--timeout", "30s", "-f", "json"])
        .end()
        .healthy();
    // The other remedy: an engine that hangs is restarted.
    server.becomes(silent());
    let hung = world
        .start(["--check", "--timeout=200ms", "-f", "json"])
        .end();
    hung.unhealthy("no-answer");
    server.becomes(docker());
    check(&world).end().healthy();
}
