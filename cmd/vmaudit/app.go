package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

const description = `vmaudit imports the call records and voicemail logs of a telephone system,
tells which mailboxes were exposed by a vendor's change, how sure that is and
why, and logs who looked. Begin with

   vmaudit import --system NAME --zone Europe/Stockholm FILE ...
   vmaudit directory import FILE
   vmaudit change add --id C1 --vendor NAME --from T --to T --zone Europe/Stockholm
   vmaudit audit --change C1
   vmaudit affected --change C1`

func newApp(t *tool) *cli.App {
	app := &cli.App{
		Name:        "vmaudit",
		Usage:       "the voicemail leak auditor for municipal phone systems",
		Description: description,
		Writer:      t.stdout,
		ErrWriter:   t.stderr,
		Reader:      t.stdin,
		HideVersion: true,
		// A name may have a comma.
		DisableSliceFlagSeparator: true,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "db", EnvVars: []string{"VMAUDIT_DB"}, Usage: "database: a directory, clickhouse://user:password@host:9000/db or http(s)://...", DefaultText: "a folder under the user's data directory"},
			&cli.StringFlag{Name: "config", EnvVars: []string{"VMAUDIT_CONFIG"}, Usage: "configuration `FILE` (YAML)"},
		},
		Commands: []*cli.Command{
			importCommand(t), directoryCommand(t), changeCommand(t), auditCommand(t), affectedCommand(t),
			sessionCommand(t), importsCommand(t), spoolCommand(t), hearCommand(t), formatsCommand(t), dbCommand(t), accessLogCommand(t), canaryCommand(t), engineCommand(t), labCommand(t),
		},
		CustomAppHelpTemplate: cli.AppHelpTemplate + "\n" + exitTable,
		// cli.Exit would end the process inside Run, before deferred closes.
		ExitErrHandler: func(*cli.Context, error) {},
	}
	strict(app)
	return app
}

// strict makes cli tell about everything it does not understand, on stderr and
// with exit code 2: by default it takes flags after arguments for arguments, and
// prints mistakes to stdout.
func strict(app *cli.App) {
	app.OnUsageError = usage
	app.CommandNotFound = nil
	app.Before = flagsFirst
	app.Action = noCommand(app.Commands, "vmaudit")
	var each func(commands []*cli.Command, path string)
	each = func(commands []*cli.Command, path string) {
		for _, c := range commands {
			c.OnUsageError = usage
			if !c.SkipFlagParsing {
				c.Before = flagsFirst
			}
			c.HideHelpCommand = true // "help" may be a file
			if len(c.Subcommands) > 0 {
				if c.Action == nil {
					c.Action = noCommand(c.Subcommands, path+" "+c.Name)
				}
				each(c.Subcommands, path+" "+c.Name)
			}
		}
	}
	each(app.Commands, "vmaudit")
}

func usage(c *cli.Context, err error, _ bool) error {
	text := strings.Replace(lowerFirst(err.Error()), ": -", ": --", 1)
	for _, global := range []string{"db", "config"} {
		if strings.HasSuffix(text, "--"+global) {
			return usagef("vmaudit --"+global+" ... COMMAND", "flag --%s stands before the command", global)
		}
	}
	return usagef("see "+helpFor(c), "%s", text)
}

func helpFor(c *cli.Context) string {
	name := "vmaudit"
	if c != nil && c.Command != nil && c.Command.HelpName != "" && c.Command.Name != "vmaudit" {
		name = c.Command.HelpName
	}
	return name + " --help"
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// flagsFirst refuses a flag after an argument, which cli would take for a file.
func flagsFirst(c *cli.Context) error {
	if len(c.Command.Subcommands) > 0 {
		return nil // the subcommand's flags follow its name
	}
	args := c.Args().Slice()
	for i, arg := range args {
		if len(arg) < 2 || arg[0] != '-' {
			continue
		}
		if i == 0 && len(args) == 1 {
			return usagef("see "+helpFor(c), "unknown flag %q", arg)
		}
		return usagef("put flags before arguments; a file of that name is ./"+arg, "flag %q stands after an argument", arg)
	}
	return nil
}

// noCommand is what a command does that has subcommands only.
func noCommand(commands []*cli.Command, path string) cli.ActionFunc {
	return func(c *cli.Context) error {
		if !c.Args().Present() {
			if path == "vmaudit" {
				return cli.ShowAppHelp(c)
			}
			return cli.ShowSubcommandHelp(c)
		}
		var names []string
		for _, sub := range commands {
			if !sub.Hidden {
				names = append(names, sub.Name)
			}
		}
		return usagef(fmt.Sprintf("%s has %s", path, strings.Join(names, ", ")), "unknown command %q", c.Args().First())
	}
}

// noArguments refuses arguments of a command that takes none.
func noArguments(c *cli.Context) error {
	if c.Args().Present() {
		return usagef("see "+helpFor(c), "%s takes no argument, and there is %q", c.Command.HelpName, c.Args().First())
	}
	return nil
}
