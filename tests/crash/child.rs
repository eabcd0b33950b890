//! The processes that are killed.

use std::process::{Child, Command, Stdio};

use crate::Failure;

pub(crate) struct Process {
    arguments: Vec<String>,
    child: Child,
}

impl Process {
    pub(crate) fn start(arguments: &[&str]) -> Result<Self, Failure> {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let child = spawn(&arguments)?;
        Ok(Self { arguments, child })
    }

    /// Kills the process and starts it again. Returns the id of the killed one.
    pub(crate) fn kill_and_restart(&mut self) -> Result<u32, Failure> {
        let died = self.id();
        self.kill();
        self.child = spawn(&self.arguments)?;
        Ok(died)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, such as `-STOP` or `-CONT`.
    pub(crate) fn signal(&self, name: &str) -> Result<(), Failure> {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args([name, &id]).status()?;
        status
            .success()
            .then_some(())
            .ok_or_else(|| "kill failed".into())
    }

    /// Whether the process has ended by itself. It is an error if it ended with a failure.
    pub(crate) fn is_finished(&mut self) -> Result<bool, Failure> {
        match self.child.try_wait()? {
            None => Ok(false),
            Some(status) if status.success() => Ok(true),
            Some(status) => Err(format!("{:?} ended with {status}", self.arguments).into()),
        }
    }

    fn kill(&mut self) {
        // Fails only if the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(arguments: &[String]) -> Result<Child, Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    Ok(command.args(arguments).stdin(Stdio::null()).spawn()?)
}
