package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/moby/buildkit/client"
)

// startTimeout is generous: the first start on a busy machine unpacks nothing, but may wait for the disk.
const startTimeout = 60 * time.Second

type daemon struct {
	client  *client.Client
	process *exec.Cmd
	said    bytes.Buffer  // what it printed; read it only after `ended`
	ended   chan struct{} // closed when the process is gone
}

// startDaemon runs buildkitd with its state on a tmpfs of a mount namespace of its own: no disk is waited for,
// and whatever the daemon mounts and writes vanishes with it.
func startDaemon(ctx context.Context, buildkitd, root string) (*daemon, error) {
	socket := "unix://" + filepath.Join(root, "buildkitd.sock")
	state := filepath.Join(root, "state")
	if err := os.MkdirAll(state, 0o700); err != nil {
		return nil, err
	}
	script := `mount -t tmpfs -o mode=700 buildkit "$1" && shift && exec "$@"`
	process := exec.Command("unshare", "--mount", "sh", "-c", script, "sh", state,
		buildkitd, "--root", state, "--addr", socket, "--containerd-worker=false", "--oci-worker=true",
		"--oci-worker-net=host", "--oci-worker-gc-keepstorage=2000")
	d := &daemon{process: process, ended: make(chan struct{})}
	process.Stdout, process.Stderr = &d.said, &d.said
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	if err := process.Start(); err != nil {
		return nil, err
	}
	go func() { _ = process.Wait(); close(d.ended) }()
	c, err := client.New(ctx, socket)
	if err == nil {
		d.client = c
		waiting, cancel := context.WithTimeout(ctx, startTimeout)
		defer cancel()
		err = c.Wait(waiting)
	}
	if err != nil {
		d.stop()
		return nil, fmt.Errorf("buildkitd does not answer: %w\n%s", err, d.said.String())
	}
	return d, nil
}

// stop ends the daemon and waits for it.
func (d *daemon) stop() {
	_ = d.process.Process.Signal(syscall.SIGTERM)
	<-d.ended
}
