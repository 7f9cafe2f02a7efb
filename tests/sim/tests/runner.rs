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
        "NVMM_SIM_SET_FOR",
        "NVMM_SIM_RELEASE",
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
    let lib = support::folder(support::DEFAULT);
    let plugins = root.join("target/plugins");
    let expected = format!("{0}\n{0}\n{1}\n", lib.display(), plugins.display());
    assert_eq!(once, expected);
}

#[test]
fn a_call_inside_may_be_of_another_release() {
    let print = "echo $NVMM_SIM_RELEASE $NVMM_SIM_SET_FOR; echo $NVBUF_LIBRARY_PATH; \
                 echo $LD_LIBRARY_PATH; echo $GST_PLUGIN_PATH; echo $NVMM_SIM_KERNELS";
    let script = support::root().join("ci/sim.sh");
    let inner = |command: &mut Command| {
        output(
            command
                .env("NVMM_SIM", "1")
                .env("LD_LIBRARY_PATH", "/nowhere")
                .args(["env", "NVMM_SIM_RELEASE=r36.4"])
                .arg(&script)
                .args(["sh", "-c", print]),
        )
    };
    let lib = support::folder("r36.4");
    let plugins = support::root().join("target/plugins");
    let expected = format!(
        "r36.4 r36.4\n{0}\n{0}:/nowhere\n{1}\n{0}/libnvmm_sim_twins.so\n",
        lib.display(),
        plugins.display()
    );
    assert_eq!(inner(runner().arg(&script)), expected);
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

#[test]
fn an_unknown_release_is_refused() {
    for arguments in [&["--platform"][..], &["--build"], &["true"]] {
        let output = runner()
            .env("NVMM_SIM", "1")
            .env("NVMM_SIM_RELEASE", "r99.9")
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let text = support::text(&output);
        assert!(
            text.contains("r99.9") && text.contains("r28.1 r28.2"),
            "{text}"
        );
    }
    // It is nobody's business where there is no simulator.
    let mut command = runner();
    command
        .env("NVMM_SIM", "0")
        .env("NVMM_SIM_RELEASE", "r99.9");
    assert!(output(command.arg("--platform")).starts_with("hardware"));
    let named = runner()
        .env("NVMM_SIM", "1")
        .env("NVMM_SIM_RELEASE", "r39.2")
        .arg("--platform")
        .output()
        .unwrap();
    assert_eq!(named.stdout, b"sim r39.2\n");
    let list = output(runner().arg("--releases"));
    assert_eq!(list.lines().collect::<Vec<_>>(), support::releases());
}
