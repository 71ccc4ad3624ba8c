package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	v6 "github.com/anchore/grype/grype/db/v6"
)

// The database has one date for all EPSS scores.
var epssDate = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// content is one source file. Its own first lines explain the keys.
type content struct {
	Releases      map[string]release     `yaml:"releases"`
	Python        []languageAdvisory     `yaml:"python"`
	Languages     []languageAdvisory     `yaml:"languages"`
	Distributions []distributionAdvisory `yaml:"distributions"`
	CVEs          map[string]cve         `yaml:"cves"`
}

type release struct {
	Name     string     `yaml:"name"`
	ID       string     `yaml:"id"` // as in os-release, where the name is another one
	Version  string     `yaml:"version"`
	Codename string     `yaml:"codename"`
	Packages string     `yaml:"packages"` // deb, apk or rpm
	Versions string     `yaml:"versions"` // how versions compare: dpkg, apk or rpm
	Tracker  string     `yaml:"tracker"`
	EOL      *time.Time `yaml:"eol"`
}

type languageAdvisory struct {
	ID        string       `yaml:"id"`
	Ecosystem string       `yaml:"ecosystem"` // python npm go-module gem rust-crate
	CVEs      []string     `yaml:"cves"`
	Summary   string       `yaml:"summary"`
	Severity  string       `yaml:"severity"`
	CVSS      string       `yaml:"cvss"`
	Packages  []string     `yaml:"packages"`
	Ranges    []fixedRange `yaml:"ranges"`
	Published *time.Time   `yaml:"published"`
	Withdrawn *time.Time   `yaml:"withdrawn"`
}

type distributionAdvisory struct {
	CVE       string                  `yaml:"cve"`
	Source    string                  `yaml:"source"`
	Summary   string                  `yaml:"summary"`
	Published *time.Time              `yaml:"published"`
	Releases  map[string]releaseState `yaml:"releases"`
}

type releaseState struct {
	fixedRange `yaml:",inline"`
	Severity   string   `yaml:"severity"`
	Advisory   []string `yaml:"advisory"` // id and address
}

type fixedRange struct {
	Versions string     `yaml:"affected"`
	Fixed    string     `yaml:"fixed"`
	Since    *time.Time `yaml:"since"` // day on which the fix became available
	WontFix  bool       `yaml:"wont_fix"`
}

type cve struct {
	Summary   string   `yaml:"summary"`
	CVSS      string   `yaml:"cvss"`
	CWEs      []string `yaml:"cwes"`
	Disputed  bool     `yaml:"disputed"`
	EPSS      *epss    `yaml:"epss"`
	Exploited *kev     `yaml:"exploited"`
}

type epss struct {
	Score      float64 `yaml:"score"`
	Percentile float64 `yaml:"percentile"`
}

type kev struct {
	Added      time.Time `yaml:"added"`
	Vendor     string    `yaml:"vendor"`
	Product    string    `yaml:"product"`
	Ransomware string    `yaml:"ransomware"` // Known or Unknown
}

func readContent(path string) (content, error) {
	var c content
	file, err := os.Open(path)
	if err != nil {
		return c, err
	}
	defer file.Close()
	decoder := yaml.NewDecoder(file)
	decoder.KnownFields(true)
	if err := decoder.Decode(&c); err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

func (r release) row() *v6.OperatingSystem {
	major, minor, _ := strings.Cut(r.Version, ".")
	id := r.ID
	if id == "" {
		id = r.Name
	}
	return &v6.OperatingSystem{
		Name: r.Name, ReleaseID: id, MajorVersion: major, MinorVersion: minor, Codename: r.Codename, EOLDate: r.EOL,
	}
}

func (f fixedRange) row(format, versions string, advisory []string) v6.Range {
	fix := &v6.Fix{Version: f.Fixed, State: v6.NotFixedStatus, Detail: &v6.FixDetail{}}
	switch {
	case f.Fixed != "":
		fix.State = v6.FixedStatus
	case f.WontFix:
		fix.State = v6.WontFixStatus
	}
	if f.Since != nil {
		fix.Detail.Available = &v6.FixAvailability{Date: f.Since, Kind: "advisory"}
	}
	if len(advisory) == 2 {
		fix.Detail.References = []v6.Reference{{ID: advisory[0], URL: advisory[1], Tags: []string{v6.AdvisoryReferenceTag}}}
	}
	return v6.Range{Version: v6.Version{Type: format, Constraint: versions}, Fix: fix}
}

// severities puts the word before the vector: grype decides by the first.
func severities(word, vector string) []v6.Severity {
	var found []v6.Severity
	if word != "" {
		found = append(found, v6.Severity{Scheme: v6.SeveritySchemeCHMLN, Value: word, Rank: len(found) + 1})
	}
	if vector != "" {
		version, _, _ := strings.Cut(strings.TrimPrefix(vector, "CVSS:"), "/")
		value := v6.CVSSSeverity{Vector: vector, Version: version}
		found = append(found, v6.Severity{Scheme: v6.SeveritySchemeCVSS, Value: value, Source: "nvd@nist.gov", Rank: len(found) + 1})
	}
	return found
}
