//! `ci/sim.sh`: when it simulates and when it keeps out of the way.

mod support;

use std::path::Path;
use std::process::Command;

/// The runner as from a shell that knows nothing of it.
fn runner() -> Command {
    let mut command = Command::new(support::root().join("ci/sim.sh"));
    for name in [
        "NVMM_SIM",
        "NVMM_SIM_ROOT",
        "NVBUF_LIBRARY_PATH",
        "LD_LIBRARY_PATH",
    ] {
        command.env_remove(name);
    }
    command
        .env_remove("GST_PLUGIN_PATH")
        .env_remove("GST_REGISTRY")
        .current_dir("/");
    command
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", support::text(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn platform(variables: &[(&str, &Path)]) -> String {
    output(runner().arg("--platform").envs(variables.iter().copied()))
        .trim()
        .to_owned()
}

#[test]
fn hardware_is_left_alone() {
    let real = Path::new(env!("CARGO_TARGET_TMPDIR")).join("real");
    std::fs::create_dir_all(&real).unwrap();
    std::fs::write(real.join("libnvbufsurface.so.1.0.0"), "").unwrap();
    for variable in ["NVBUF_LIBRARY_PATH", "LD_LIBRARY_PATH"] {
        assert!(
            platform(&[(variable, &real)]).starts_with("hardware "),
            "{variable}"
        );
        assert_eq!(
            platform(&[(variable, &real), ("NVMM_SIM", Path::new("1"))]),
            "sim r32.7"
        );
        let seen = output(
            runner()
                .env(variable, &real)
                .args(["sh", "-c", "echo $GST_REGISTRY"]),
        );
        assert_eq!(seen.trim(), "");
    }
    let nowhere = Path::new(env!("CARGO_TARGET_TMPDIR"));
    assert_eq!(
        platform(&[("NVMM_SIM", Path::new("1")), ("LD_LIBRARY_PATH", nowhere)]),
        "sim r32.7"
    );
}

#[test]
fn the_environment_is_set_once() {
    let print = "echo $NVBUF_LIBRARY_PATH; echo $LD_LIBRARY_PATH; echo $GST_PLUGIN_PATH";
    let once = output(runner().env("NVMM_SIM", "1").args(["sh", "-c", print]));
    let script = support::root().join("ci/sim.sh");
    let twice = output(
        runner()
            .env("NVMM_SIM", "1")
            .arg(&script)
            .arg(&script)
            .args(["sh", "-c", print]),
    );
    assert_eq!(once, twice);
    let root = support::root();
    let lib = root.join("target/sim/lib");
    let plugins = root.join("target/plugins");
    let expected = format!("{0}\n{0}\n{1}\n", lib.display(), plugins.display());
    assert_eq!(once, expected);
}

#[test]
fn the_command_keeps_its_status_and_arguments() {
    let mut command = runner();
    command
        .env("NVMM_SIM", "1")
        .args(["sh", "-c", "exit $1", "-", "7"]);
    assert_eq!(command.status().unwrap().code(), Some(7));
    let words = output(
        runner()
            .env("NVMM_SIM", "1")
            .args(["printf", "%s|", "a b", "", "c"]),
    );
    assert_eq!(words, "a b||c|");
}
