# Flusso as a CloudFormation stack inside a Terraform configuration. Package the template first, from infra/:
#   sam package --resolve-s3 --output-template-file ../target/packaged.yaml
# The template is longer than what fits into a request, so it goes to a bucket of yours.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "bucket" {
  type        = string
  description = "A private bucket for templates, in the region of the stack."
}

variable "mail_from" {
  type        = string
  description = "Sender of the mails; its domain is verified in SES."
}

variable "stage" {
  type    = string
  default = "prod"
}

locals {
  template = "${path.module}/../../../target/packaged.yaml"
}

resource "aws_s3_object" "template" {
  bucket = var.bucket
  key    = "flusso-${var.stage}/${filesha256(local.template)}.yaml"
  source = local.template
}

resource "aws_cloudformation_stack" "flusso" {
  name         = "flusso-${var.stage}"
  template_url = "https://${var.bucket}.s3.amazonaws.com/${aws_s3_object.template.key}"
  capabilities = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]

  parameters = {
    Stage    = var.stage
    MailFrom = var.mail_from
  }

  # Table, bucket and user pool are kept by the template when the stack goes; this keeps the stack itself.
  lifecycle {
    prevent_destroy = true
  }
}

output "public_url" {
  value = aws_cloudformation_stack.flusso.outputs["PublicUrl"]
}
