//! Devices on the page and in examples/ → real nodes, passed as an engine passes them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use crate::image::{Images, compose, obstacle};
use crate::page::{filled_in, snippet};
use crate::stage::{Outcome, Scratch, repository, shell, skip, unique_name};

/// Nodes like /dev/null, each with a group of its own: nobody's GPU or serial port is needed, and none is touched.
struct Nodes(Scratch);

impl Nodes {
    fn new() -> Self {
        let nodes = Self(Scratch::new());
        fs::create_dir(nodes.path("dri")).unwrap();
        nodes.make("dri/card0", 4410);
        nodes.make("dri/renderD128", 4411);
        nodes
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn make(&self, name: &str, gid: u32) {
        let path = self.path(name);
        let null = fs::metadata("/dev/null").unwrap().rdev();
        let mode = rustix::fs::Mode::from_bits_retain(0o600);
        let kind = rustix::fs::FileType::CharacterDevice;
        rustix::fs::mknodat(rustix::fs::CWD, &path, kind, mode, null).unwrap();
        chown(&path, Some(0), Some(gid)).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o660)).unwrap();
    }
}

/// A directory of examples/ as an image, which goes when this value goes.
struct Example(String);

impl Example {
    /// Built as its first lines say, but from local images.
    fn build(directory: &str) -> Self {
        let example = Self(unique_name());
        let path = repository().join("examples").join(directory);
        let dockerfile = fs::read_to_string(path.join("Dockerfile")).unwrap();
        let says =
            format!("# docker build -t {directory} examples/{directory} && docker run --rm ");
        assert!(dockerfile.lines().nth(1).unwrap().starts_with(&says));
        let init = Images::get();
        let build = format!(
            "docker build -t {} --build-arg CHARON_INIT={} --build-arg BUSYBOX=charon-init-test/busybox {}",
            example.0,
            init.init,
            path.display()
        );
        shell(&build, repository()).succeeded();
        example
    }

    /// Run as its second line says, with these options.
    fn run(&self, options: &str) -> Outcome {
        let start = format!("docker run --rm --network none {options} {}", self.0);
        shell(&start, repository()).succeeded()
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let outcome = shell(&format!("docker image rm -f {}", self.0), repository());
        println!("{}{}", outcome.stdout, outcome.stderr);
    }
}

/// A directory as the host has it for its media: root's, for one group, which new files inherit.
fn volume(path: &Path, gid: u32) {
    fs::create_dir(path).unwrap();
    chown(path, Some(0), Some(gid)).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o2770)).unwrap();
}

#[test]
fn the_compose_file_with_devices() {
    let Some(compose) = compose() else {
        return skip("the_compose_file_with_devices", "no docker compose");
    };
    if let Some(why) = obstacle() {
        return skip("the_compose_file_with_devices", &why);
    }
    let nodes = Nodes::new();
    let dri = format!("- {}:", nodes.path("dri").display());
    let file = filled_in(
        &snippet("the_compose_file_with_devices"),
        &[
            ("- /dev/dri:", &dri),
            (
                "image: your-image\n",
                "image: your-image\n    network_mode: none\n    command: [\"/bin/busybox\", \"id\"]\n",
            ),
            ("your-image", &Images::get().finished),
        ],
    );
    let folder = Scratch::new();
    fs::write(folder.path().join("compose.yaml"), file).unwrap();
    let project = unique_name();
    let outcome = shell(
        &format!("{compose} -p {project} up --no-color"),
        folder.path(),
    );
    shell(&format!("{compose} -p {project} down"), folder.path()).succeeded();
    outcome
        .says("'/dev/dri/card0': granted through gid 4410 (host4410); its owning group")
        .says("'/dev/dri/renderD128': granted through gid 4411 (host4411); its owning group")
        .says("groups=1000(charon),4410(host4410),4411(host4411)");
}

#[test]
fn the_media_server_opens_the_gpu_and_writes_its_volume() {
    if let Some(why) = obstacle() {
        return skip("the_media_server_opens_the_gpu_and_writes_its_volume", &why);
    }
    let example = Example::build("media-server");
    let nodes = Nodes::new();
    let media = nodes.path("media");
    volume(&media, 4412);
    let device = format!("--device {}:/dev/dri", nodes.path("dri").display());
    example
        .run(&format!("{device} --volume {}:/media", media.display()))
        .says("uid=1000 gid=1000 groups=1000,4410,4411,4412")
        .says("/dev/dri/card0: opened\n/dev/dri/renderD128: opened\n/media: writable");
    assert_eq!(fs::metadata(media.join(".written")).unwrap().gid(), 4412);
    // Without charon-init in front the same user is kept out, so that is what opened them.
    let without = format!("{device} --user 1000:1000 --entrypoint /server");
    example
        .run(&without)
        .says("/dev/dri/card0: denied\n/dev/dri/renderD128: denied\n/media: read-only");
    // And without a GPU it runs all the same, and says so.
    example
        .run("")
        .says("'/dev/dri/*': nothing is called so")
        .says("uid=1000 gid=1000 groups=1000\n");
}

#[test]
fn the_compose_file_of_the_media_server() {
    const NAME: &str = "the_compose_file_of_the_media_server";
    let Some(compose) = compose() else {
        return skip(NAME, "no docker compose");
    };
    if let Some(why) = obstacle() {
        return skip(NAME, &why);
    }
    let example = Example::build("media-server");
    let nodes = Nodes::new();
    volume(&nodes.path("media"), 4412);
    let file = fs::read_to_string(repository().join("examples/media-server/compose.yaml")).unwrap();
    assert!(
        file.lines()
            .nth(1)
            .unwrap()
            .contains(" -f examples/media-server/compose.yaml up")
    );
    let dri = format!("- {}:", nodes.path("dri").display());
    let media = format!("- {}:", nodes.path("media").display());
    let image = format!("image: {}\n    network_mode: none\n", example.0);
    let file = filled_in(
        &file,
        &[
            ("build: .\n", &image),
            ("- /dev/dri:", &dri),
            ("- /srv/media:", &media),
        ],
    );
    let folder = Scratch::new();
    fs::write(folder.path().join("compose.yaml"), file).unwrap();
    let project = unique_name();
    let outcome = shell(
        &format!("{compose} -p {project} up --no-color"),
        folder.path(),
    );
    shell(&format!("{compose} -p {project} down"), folder.path()).succeeded();
    outcome
        .says("uid=1000 gid=1000 groups=1000,4410,4411,4412")
        .says("/dev/dri/renderD128: opened")
        .says("/media: writable");
}

#[test]
fn the_serial_gateway_opens_the_ports_that_are_plugged_in() {
    if let Some(why) = obstacle() {
        return skip(
            "the_serial_gateway_opens_the_ports_that_are_plugged_in",
            &why,
        );
    }
    let example = Example::build("serial-gateway");
    let nodes = Nodes::new();
    nodes.make("usb", 4413);
    nodes.make("other", 4414);
    let (usb, other) = (nodes.path("usb"), nodes.path("other"));
    let devices = format!(
        "--device {}:/dev/ttyUSB0 --device {}:/dev/ttyS9",
        usb.display(),
        other.display()
    );
    example
        .run(&devices)
        .says("uid=1000 gid=1000 groups=1000,4413\n/dev/ttyUSB0: opened\n");
    let without = format!("{devices} --user 1000:1000 --entrypoint /gateway");
    example.run(&without).says("/dev/ttyUSB0: denied\n");
}
