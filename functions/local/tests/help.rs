//! The program explains itself. That there is a test here also has cargo build the program with the other tests, for
//! those that start it.

use std::process::Command;

#[test]
fn every_command_says_what_it_does() {
    let help = Command::new(env!("CARGO_BIN_EXE_flusso")).arg("--help").output().unwrap();
    assert!(help.status.success());
    let help = String::from_utf8(help.stdout).unwrap();
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .collect();
    assert!(commands.iter().any(|line| line.trim_start().starts_with("serve ")), "{help}");
    for command in commands {
        assert!(command.split_whitespace().count() > 2, "`{command}` says nothing");
    }
}
