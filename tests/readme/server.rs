//! The example server's image → built from the static files, and its page fetched.

use crate::image::obstacle;
use crate::page::{filled_in, snippet};
use crate::stage::{repository, shell, skip, unique_name};

/// The image and the container, which go when this value goes.
struct Example(String);

impl Drop for Example {
    fn drop(&mut self) {
        let name = &self.0;
        let removal = format!("docker rm -f {name}; docker image rm -f {name}");
        let outcome = shell(&removal, repository());
        println!("{}{}", outcome.stdout, outcome.stderr);
    }
}

#[test]
fn the_example_server() {
    let server = repository().join("target/static/charon-server");
    let unbuilt = || {
        let why = "no static server; examples/build-static --server makes it";
        (!server.exists()).then(|| why.to_owned())
    };
    if let Some(why) = obstacle().or_else(unbuilt) {
        return skip("the_example_server", &why);
    }
    let example = Example(unique_name());
    let name = &example.0;
    let commands = filled_in(
        &snippet("the_example_server"),
        &[
            // The binaries are there already, and are not made anew while other tests use them.
            ("examples/build-static --server\n", ""),
            ("-t charon-server ", &format!("-t {name} ")),
            (
                "--rm -p 8080:8080",
                &format!("--name {name} --detach -p 127.0.0.1::8080"),
            ),
            ("docker.sock charon-server", &format!("docker.sock {name}")),
        ],
    );
    shell(&commands, repository()).succeeded();
    let fetch = format!(
        "address=$(docker port {name} 8080/tcp)
         for try in {{1..100}}; do
             python3 - \"$address\" <<'END' && exit
import sys, urllib.request
url = 'http://' + sys.argv[1]
print(urllib.request.urlopen(url + '/api/v1/docker/containers', timeout=30).read().decode())
print(urllib.request.urlopen(url + '/', timeout=30).read().decode())
END
             sleep 0.2
         done
         docker logs {name}; exit 1"
    );
    let fetched = shell(&fetch, repository()).succeeded();
    let fetched = fetched.says(&format!("\"names\":[\"{name}\"]"));
    fetched.says("<title>Add proxy host</title>");
}
