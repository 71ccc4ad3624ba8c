package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"sort"
	"strings"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// File is one path of the finished image.
type File struct {
	Type   string `json:"type"` // file, directory, symlink, fifo, device
	Mode   string `json:"mode"` // four octal digits
	UID    int    `json:"uid"`
	GID    int    `json:"gid"`
	Size   int64  `json:"size"`
	Link   string `json:"link"`   // a symlink's target
	SHA256 string `json:"sha256"` // a file's content
	Layer  int    `json:"layer"`  // index of the layer that wrote it last
}

// readImage takes an OCI archive apart: the image configuration as it stands, and the files of all layers together.
func readImage(archive io.Reader) (json.RawMessage, map[string]File, error) {
	blobs, err := readBlobs(archive)
	if err != nil {
		return nil, nil, err
	}
	var index ocispecs.Index
	var manifest ocispecs.Manifest
	if err := json.Unmarshal(blobs["index.json"], &index); err != nil {
		return nil, nil, err
	}
	if len(index.Manifests) != 1 {
		return nil, nil, fmt.Errorf("%d manifests in the archive, expected one", len(index.Manifests))
	}
	if err := json.Unmarshal(blobs[index.Manifests[0].Digest.Encoded()], &manifest); err != nil {
		return nil, nil, err
	}
	files := map[string]File{}
	for number, layer := range manifest.Layers {
		if err := applyLayer(files, number, blobs[layer.Digest.Encoded()]); err != nil {
			return nil, nil, fmt.Errorf("layer %d: %w", number, err)
		}
	}
	return blobs[manifest.Config.Digest.Encoded()], files, nil
}

// readBlobs gives the archive's files by the last part of their names: a digest, or index.json.
func readBlobs(archive io.Reader) (map[string][]byte, error) {
	blobs := map[string][]byte{}
	entries := tar.NewReader(archive)
	for {
		header, err := entries.Next()
		if err == io.EOF {
			return blobs, nil
		}
		if err != nil {
			return nil, err
		}
		if blobs[path.Base(header.Name)], err = io.ReadAll(entries); err != nil {
			return nil, err
		}
	}
}

// applyLayer lays one layer over the files below it. Whiteouts act on the layers below only, wherever they stand
// in the archive, so they are collected first.
func applyLayer(files map[string]File, number int, layer []byte) error {
	written := map[string]File{}
	var removed, emptied []string
	entries := tar.NewReader(bytes.NewReader(layer))
	for {
		header, err := entries.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		name := path.Join("/", header.Name)
		folder, base := path.Split(name)
		if base == ".wh..wh..opq" {
			emptied = append(emptied, path.Clean(folder))
		} else if hidden, found := strings.CutPrefix(base, ".wh."); found {
			removed = append(removed, path.Join(folder, hidden))
		} else if written[name], err = readFile(header, entries, number, written, files); err != nil {
			return err
		}
	}
	for name, file := range written {
		if below, there := files[name]; there && below.Type == "directory" && file.Type != "directory" {
			removed = append(removed, name)
		}
	}
	hide(files, removed, emptied)
	for name, file := range written {
		files[name] = file
	}
	return nil
}

func readFile(header *tar.Header, content io.Reader, number int, written, files map[string]File) (File, error) {
	file := File{Mode: fmt.Sprintf("%04o", header.Mode&0o7777), UID: header.Uid, GID: header.Gid, Layer: number}
	switch header.Typeflag {
	case tar.TypeReg:
		digest := sha256.New()
		size, err := io.Copy(digest, content)
		if err != nil {
			return file, err
		}
		file.Type, file.Size, file.SHA256 = "file", size, hex.EncodeToString(digest.Sum(nil))
	case tar.TypeLink:
		target := path.Join("/", header.Linkname)
		linked, there := written[target]
		if !there {
			linked = files[target]
		}
		linked.Layer = number
		return linked, nil
	case tar.TypeDir:
		file.Type = "directory"
	case tar.TypeSymlink:
		file.Type, file.Link = "symlink", header.Linkname
	case tar.TypeFifo:
		file.Type = "fifo"
	default:
		file.Type = "device"
	}
	return file, nil
}

// hide drops the removed paths with everything below them, and everything below the emptied folders.
func hide(files map[string]File, removed, emptied []string) {
	if len(removed)+len(emptied) == 0 {
		return
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names)
	below := func(folder string) {
		prefix := strings.TrimSuffix(folder, "/") + "/"
		for i := sort.SearchStrings(names, prefix); i < len(names) && strings.HasPrefix(names[i], prefix); i++ {
			if names[i] != "/" {
				delete(files, names[i])
			}
		}
	}
	for _, name := range removed {
		delete(files, name)
		below(name)
	}
	for _, folder := range emptied {
		below(folder)
	}
}
