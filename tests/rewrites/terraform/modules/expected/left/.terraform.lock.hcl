provider "registry.terraform.io/hashicorp/aws" {
  version = "5.0.0"
  hashes  = ["sha256:1111111111111111111111111111111111111111111111111111111111111111"]
}
