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
	"github.com/moby/buildkit/util/grpcerrors"
	"google.golang.org/grpc/codes"
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
	script := `mount -t tmpfs -o mode=700 buildkit "$1" && export TMPDIR="$1/tmp" && mkdir "$TMPDIR" && shift && exec "$@"`
	process := exec.Command("unshare", "--mount", "sh", "-c", script, "sh", state,
		buildkitd, "--root", state, "--addr", socket, "--containerd-worker=false", "--oci-worker=true",
		"--oci-worker-net=host", "--oci-worker-gc-keepstorage=2000")
	d := &daemon{process: process, ended: make(chan struct{})}
	process.Env = append(os.Environ(), "GOGC=400") // collecting garbage less often saves a quarter of its time
	process.Stdout, process.Stderr = &d.said, &d.said
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	if err := process.Start(); err != nil {
		return nil, err
	}
	go func() { _ = process.Wait(); close(d.ended) }()
	var err error
	if d.client, err = client.New(ctx, socket); err == nil {
		err = d.wait(ctx)
	}
	if err != nil {
		d.stop()
		return nil, fmt.Errorf("buildkitd does not answer: %w\n%s", err, d.said.String())
	}
	return d, nil
}

// wait returns when the daemon answers. The client's own wait asks only once a second.
func (d *daemon) wait(ctx context.Context) error {
	for deadline := time.Now().Add(startTimeout); ; {
		_, err := d.client.Info(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-d.ended:
			return err
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return err
		}
	}
}

// gone tells whether an error came of the daemon's death, which may show a moment after the error.
func (d *daemon) gone(err error) bool {
	if grpcerrors.Code(err) != codes.Unavailable {
		return false
	}
	select {
	case <-d.ended:
		return true
	case <-time.After(2 * time.Second):
		return false
	}
}

// stop ends the daemon and waits for it.
func (d *daemon) stop() {
	_ = d.process.Process.Signal(syscall.SIGTERM)
	<-d.ended
}
