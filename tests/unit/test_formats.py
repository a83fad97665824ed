"""Which format a file is read in."""

import pytest

from redigest.readers import FORMATS, format_of

NAMED = {
    "yaml": "a.yaml b/A.YML kustomization image-references roles/inventory.yml",
    "json": "a.json a.jsonc inventory.json",
    "dockerfile": "Dockerfile Dockerfile.go build/Containerfile app.Dockerfile",
    "dotenv": ".env prod.env .env.prod .env.example a.conf",
    "properties": "application.properties",
    "toml": "a.toml Pipfile",
    "hcl": "main.tf terraform.tfvars web.nomad docker-bake.hcl image.pkr.hcl .terraform.lock.hcl",
    "ini": "hosts inventory inventory.ini inventory-prod hosts_test setup.cfg web.container web.image data.volume pod.kube web.build web.service",
    "make": "Makefile GNUmakefile rules.mk Makefile.digests",
    "shell": "a.sh test.bats PKGBUILD run.sh.j2",
    "powershell": "build.ps1",
    "python": "a.py inventory.py",
    "starlark": "BUILD BUILD.bazel WORKSPACE MODULE.bazel images.bzl Tiltfile",
    "go": "main.go inventory.go hosts_test.go",
    "javascript": "a.ts a.tsx a.js a.mjs",
    "groovy": "Jenkinsfile Jenkinsfile.release build.gradle vars/deploy.groovy",
    "java": "A.java",
    "kotlin": "A.kt build.gradle.kts",
    "c": "a.c a.hpp",
    "scala": "A.scala",
    "swift": "A.swift",
    "csharp": "A.cs",
    "rust": "a.rs",
    "ruby": "Vagrantfile Rakefile a.rb",
    "lua": "a.lua",
    "sql": "a.sql",
    "xml": "pom.xml App.csproj",
    "jsonnet": "a.jsonnet a.libsonnet",
    "cue": "a.cue",
    "template": "templates/_helpers.tpl values.yaml.gotmpl a.yaml.j2",
    "prose": "README a.md inventory.md",
    "list": "images.txt rke2-images.linux-amd64.txt k3s-image-list mapping.txt",
    "plain": "notes.txt tool A.fs",
}


@pytest.mark.parametrize(("path", "form"), [(path, form) for form, paths in NAMED.items() for path in paths.split()])
def test_tells_the_format_by_the_name(path: str, form: str) -> None:
    assert format_of(path) == form


@pytest.mark.parametrize(
    ("start", "form"),
    [
        ("#!/bin/sh", "shell"),
        ("#!/usr/bin/env bash", "shell"),
        ("#! /usr/bin/env -S bash -eu", "shell"),
        ("#!/usr/bin/python3.11", "python"),
        ("#!/usr/bin/env node", "javascript"),
        ("#!groovy", "groovy"),
        ("#!/usr/bin/make -f", "make"),
        ("#!/usr/bin/env pwsh", "powershell"),
    ],
)
@pytest.mark.parametrize("path", ["tool", "build", "hosts", "a.sh"])
def test_tells_the_format_by_the_program_in_the_first_line(path: str, start: str, form: str) -> None:
    assert format_of(path, f"{start}\n") == form


@pytest.mark.parametrize("start", ["", "# !/bin/sh", "#!", "#!/usr/bin/env", "#!/opt/acme/runner", "\n#!/bin/sh"])
def test_goes_by_the_name_where_the_first_line_tells_nothing(start: str) -> None:
    assert format_of("a.py", start) == "python"
    assert format_of("tool", start) == "plain"


def test_knows_an_object_of_a_cluster_by_its_beginning() -> None:
    assert format_of("tool", "# c\n---\napiVersion: v1\n") == "yaml"


def test_no_program_stands_for_two_formats() -> None:
    programs = [program for form in FORMATS.values() for program in form.programs]
    assert len(programs) == len(set(programs))
