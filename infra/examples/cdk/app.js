// Flusso inside a CDK app. Package the template first, from infra/:
//   sam package --resolve-s3 --output-template-file ../target/packaged.yaml
const { App, CfnOutput, Stack } = require('aws-cdk-lib');
const { CfnInclude } = require('aws-cdk-lib/cloudformation-include');
const path = require('node:path');

const packaged = process.env.FLUSSO_TEMPLATE ?? path.join(__dirname, '../../../target/packaged.yaml');

class FlussoStack extends Stack {
  constructor(scope, id, parameters) {
    super(scope, id, { stackName: `flusso-${parameters.Stage}` });
    const flusso = new CfnInclude(this, 'Flusso', { templateFile: packaged });
    // Parameters stay parameters of the stack; their defaults are what this app says.
    for (const [name, value] of Object.entries(parameters)) {
      flusso.getParameter(name).default = value;
    }
    // Whatever else your app does can hang on to a resource of the template by its name there.
    const table = flusso.getResource('Table');
    new CfnOutput(this, 'FlussoTableArn', { value: table.attrArn });
  }
}

const app = new App();
new FlussoStack(app, 'Flusso', { Stage: 'prod', MailFrom: 'hello@example.com' });
app.synth();
